"""One file per code action, whose examples are its tests and its documentation."""
