"""`fleetfeed completion` prints what a shell has to read to complete our words."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script by which bash, zsh or fish completes fleetfeed's words.

    These are commands, options, the items that a command makes sense for, surfaces,
    seats, lanes, prefixes, states, and the codes of rules. What the feed has is told
    as of the last fetch; nothing is fetched at a Tab. The script stays the same when
    fleetfeed is upgraded: it asks the program.

    For one shell, `source <(fleetfeed completion bash)`, which does in zsh, too. From
    now on: the lines below. zsh has to be told of the folder once, in ~/.zshrc:
    `fpath=(~/.zfunc $fpath); autoload -U compinit; compinit`.

    \b
    Examples:
      fleetfeed completion bash >> ~/.bashrc
      fleetfeed completion zsh > ~/.zfunc/_fleetfeed
      fleetfeed completion fish > ~/.config/fish/completions/fleetfeed.fish
    """
    from importlib.resources import files  # late, as in `report.envelope`

    script = files(__package__) / "shells" / f"fleetfeed.{shell}"
    click.echo(script.read_text("utf-8"), nl=False)
