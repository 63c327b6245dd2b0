"""Microsoft, work and personal, in every cloud: the one provider with peculiarities of its own, a file for each."""
