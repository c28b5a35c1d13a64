# Les conversations : volets, ligne d'état, dialogues, ce qui est arrivé à un message ou à la connexion.
