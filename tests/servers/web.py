"""git http-backend behind nginx and fcgiwrap, with a password for each seat."""

import base64
import hashlib
import shlex
from contextlib import contextmanager

from harness import Address
from servers.account import HOST, needs
from servers.host import SEATS, Host, written

_NGINX = """\
daemon off;
pid {home}/nginx.pid;
error_log {home}/nginx.log;
events {{}}
http {{
    client_body_temp_path {home}/body;
    fastcgi_temp_path {home}/fastcgi;
    proxy_temp_path {home}/proxy;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    log_format requests '$connection $remote_user $status $request';
    access_log {home}/requests.log requests;
    server {{
        listen {host}:{port};
        {location}
    }}
}}
"""


@contextmanager
def web(account, keys):
    """A repository behind a web server."""
    needs("nginx fcgiwrap", "nginx", "fcgiwrap")
    home = account.home
    folder = home / "fleet.git"
    account.run("git", "init", "-q", "--bare", "-b", "main", folder)
    users = account.write("users", "".join(map(_user, SEATS)))
    socket = home / "fcgiwrap.socket"

    def cgi(_port):
        return ("fcgiwrap", "-c", "4", "-s", f"unix:{socket}")

    places = {
        "/etc/nginx/git.htpasswd": users,
        "/run/fcgiwrap.socket": socket,
        "/srv/git": home,
        "include ": "include /etc/nginx/",
    }

    def nginx(port):
        location = written("nginx", places)
        text = _NGINX.format(home=home, host=HOST, port=port, location=location)
        config = account.write("nginx.conf", text)
        return ("nginx", "-p", home, "-c", config, "-e", home / "nginx.log")

    def connections(seat):
        lines = map(str.split, (home / "requests.log").read_text().splitlines())
        return len({number for number, user, *_ in lines if user == seat})

    with (
        account.serving(lambda _port: str(socket), cgi),
        account.serving(lambda port: (HOST, port), nginx) as port,
    ):

        def address(seat):
            store = keys / f"{seat}.credentials"
            store.write_text(f"http://{seat}:{_password(seat)}@{HOST}:{port}\n")
            helper = f"store --file={shlex.quote(str(store))}"
            url = f"http://{seat}@{HOST}:{port}/git/fleet.git"
            return Address(url, {"http.proxy": "", "credential.helper": helper})

        yield Host("http", account, folder, address, connections)


def _password(seat):
    return f"the word of {seat}".replace(" ", "-")


def _user(seat):
    """A line of the file of users, in a form that nginx and Apache read."""
    digest = hashlib.sha1(_password(seat).encode(), usedforsecurity=False).digest()
    return f"{seat}:{{SHA}}{base64.b64encode(digest).decode()}\n"
