"""git http-backend behind a web server, with a password for each seat."""

import base64
import hashlib
import shlex
from contextlib import ExitStack, contextmanager

from harness import Address
from harness.serving import HOST
from servers.account import needs
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
    log_format requests '$connection $remote_user';
    access_log {home}/requests requests;
    upstream programs {{ {programs} }}
    server {{
        listen {host}:{port};
        {block}
    }}
}}
"""

_APACHE = """\
ServerRoot {home}
ServerName {host}
Listen {host}:{port}
PidFile {home}/apache.pid
ErrorLog {home}/apache.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule env_module {modules}/mod_env.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule cgid_module {modules}/mod_cgid.so
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
ScriptSock {home}/scripts
CustomLog {home}/requests "%{{remote}}p %u"
{block}
"""
_MODULES = "/usr/lib/apache2/modules"  # Debian's


@contextmanager
def web(account, keys, users=SEATS):
    """A repository behind nginx and fcgiwrap."""
    needs("nginx fcgiwrap", "nginx", "fcgiwrap")
    home = account.home
    # One that forks would leave its children behind when it is ended by the kernel.
    sockets = [home / f"fcgiwrap.{number}" for number in range(3)]
    programs = "".join(f"server unix:{each}; " for each in sockets)
    places = {
        "/etc/nginx/git.htpasswd": _passwords(account, users),
        "unix:/run/fcgiwrap.socket": "programs",
        "/srv/git": home,
        "include ": "include /etc/nginx/",
    }

    def nginx(port):
        block = written("nginx", places)
        text = _NGINX.format(
            home=home, host=HOST, port=port, programs=programs, block=block
        )
        config = account.write("nginx.conf", text)
        return ("nginx", "-p", home, "-c", config, "-e", home / "nginx.log")

    with ExitStack() as running:
        for each in sockets:
            cgi = ("fcgiwrap", "-s", f"unix:{each}")
            running.enter_context(
                account.serving(lambda _, at=each: str(at), lambda _, cgi=cgi: cgi)
            )
        served = account.serving(lambda port: (HOST, port), nginx)
        yield _host("nginx", account, keys, running.enter_context(served))


@contextmanager
def apache(account, keys, users=SEATS):
    """A repository behind Apache."""
    needs("apache2", "apache2")
    home = account.home
    passwords = _passwords(account, users)
    places = {"/etc/apache2/git.htpasswd": passwords, "/srv/git": home}

    def start(port):
        block = written("apache", places)
        text = _APACHE.format(
            home=home, host=HOST, port=port, modules=_MODULES, block=block
        )
        return ("apache2", "-D", "FOREGROUND", "-f", account.write("conf", text))

    with account.serving(lambda port: (HOST, port), start) as port:
        yield _host("apache", account, keys, port)


def _host(name, account, keys, port):
    folder = account.home / "fleet.git"
    account.run("git", "init", "-q", "--bare", folder)

    def address(seat):
        store = keys / f"{seat}.credentials"
        store.write_text(f"http://{seat}:{_password(seat)}@{HOST}:{port}\n")
        helper = f"store --file={shlex.quote(str(store))}"
        url = f"http://{seat}@{HOST}:{port}/git/fleet.git"
        return Address(url, {"http.proxy": "", "credential.helper": helper})

    def connections(seat):
        lines = map(str.split, (account.home / "requests").read_text().splitlines())
        return len({number for number, user in lines if user == seat})

    return Host(name, account, folder, address, connections)


def _password(seat):
    return f"the-word-of-{seat}"


def _passwords(account, users):
    """A file with the password of each user, in a form that both servers read."""
    digests = {
        user: hashlib.sha1(_password(user).encode(), usedforsecurity=False).digest()
        for user in users
    }
    lines = (f"{s}:{{SHA}}{base64.b64encode(d).decode()}\n" for s, d in digests.items())
    return account.write("users", "".join(lines))
