# Les options, les commandes d'administration et les fautes d'une configuration.
