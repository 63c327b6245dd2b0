"""The face for WorkOS' clients: what is theirs about us, and nothing else."""
