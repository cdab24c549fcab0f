"""`python -m jeugdregio`: the same as the command `jeugdregio`."""

from jeugdregio.command import main

main()
