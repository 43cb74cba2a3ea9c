"""What a program means: scopes, control flow, data flow."""
