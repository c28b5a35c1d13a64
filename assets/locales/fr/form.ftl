# Le formulaire : onglets, champs, fautes à côté d'un champ.

form-recorded = Enregistrés sur le serveur : vos messages, leur date, votre adresse IP et votre port.
form-recorded-elsewhere = Si c'est un chat-server, il enregistre vos messages, leur date, votre adresse IP et votre port.
form-tab-register = S'inscrire
form-tab-login = Se connecter
form-field-server = Serveur
form-field-name = Identifiant
form-field-password = Mot de passe
form-field-password-again = Mot de passe, encore
form-field-invitation = Invitation

## Fautes.

form-error-server-host = Ce n'est pas un nom de serveur. Il s'écrit HÔTE ou HÔTE:PORT ; rien veut dire cet ordinateur.
form-error-server-port = Après les deux-points, il faut un port : un nombre de 1 à 65535.
form-error-server-plain-text = Sur ce port, la connexion ne serait pas chiffrée. Si c'est voulu, écrivez irc:// devant le nom.
form-error-name-empty = Choisissez un identifiant.
form-error-name-long = L'identifiant est trop long.
form-error-name-characters = L'identifiant contient un caractère interdit, une espace par exemple.
form-error-name-refused = Le serveur n'accepte pas cet identifiant : { $reason }
form-error-name-in-use = Cet identifiant est pris. S'il est à vous, connectez-vous ; sinon choisissez-en un autre.
form-error-invitation-required = Il faut une invitation pour s'inscrire ici : donnez le code que vous avez reçu.
form-error-invitation-invalid = Ce code n'est pas valable : il est inconnu, a expiré ou a déjà servi.
form-error-password-empty = Le mot de passe manque.
form-error-password-again = Les deux mots de passe diffèrent.
form-error-too-long = C'est trop long : la fin manque ici.
form-error-password-weak = Le serveur n'accepte pas ce mot de passe : { $reason }
form-error-login = L'identifiant ou le mot de passe est faux, ou l'adresse n'est pas connue pour ce compte.
form-error-token = La connexion mémorisée par cet appareil n'est plus acceptée. Connectez-vous avec le mot de passe.
form-error-kept-password = Le mot de passe gardé par cet appareil n'est plus accepté ; il est oublié. Connectez-vous avec le nouveau.
form-error-suspended = Ce compte est suspendu : { $reason }
form-error-needs-secure = Le serveur n'accepte les mots de passe que sur une connexion chiffrée.
form-error-unavailable = Les comptes sont momentanément indisponibles sur ce serveur. Réessayez plus tard.
form-error-no-registration = On ne peut pas s'inscrire ici. { $reason }
form-error-needs-verification = Le compte est créé, mais il reste à confirmer ailleurs : { $reason }
form-error-no-login = Ce serveur ne connaît pas de comptes. Sans mot de passe, vous entrez en invité.
form-error-account-required = Ce serveur ne laisse entrer personne sans compte : donnez son mot de passe, ou inscrivez-vous.
form-error-server-unproven = Le serveur n'a pas pu prouver qu'il connaît votre compte. Ce n'est peut-être pas celui qu'il dit être.
form-error-login-timeout = Le serveur ne termine pas l'identification. Réessayez plus tard.
form-error-other = Le serveur dit : { $reason }
