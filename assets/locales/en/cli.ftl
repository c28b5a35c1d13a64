# Flags, batch commands and the faults of a configuration.
