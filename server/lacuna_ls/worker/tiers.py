"""Names of the places where candidates run, the same on both sides of the socket."""

# Namespaces of its own for processes, network, messages and host name; then what LANDLOCK says.
BUBBLEWRAP = "bubblewrap"
# Files, TCP and signals by Landlock, system calls by seccomp, and limits.
LANDLOCK = "landlock"
# Limits only.
NONE = ""

# The environment variable by which a worker learns that it lives in namespaces of its own.
NAMESPACES = "LACUNA_NAMESPACES"
