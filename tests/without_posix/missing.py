"""What Windows lacks, as far as the libraries here can do without it: module -> names."""

import os
import select
import signal
import socket

MISSING = {
    os: ("fork", "forkpty", "killpg", "setpgid", "getpgid", "nice", "O_DIRECTORY"),
    select: ("poll",),
    signal: ("SIGCHLD", "SIGHUP"),
    socket: ("send_fds", "recv_fds"),
}
