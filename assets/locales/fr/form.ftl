# Le formulaire : onglets, champs, fautes à côté d'un champ, progression.

form-recorded = Enregistrés sur le serveur : vos messages, leur date, votre adresse IP et votre port.
form-tab-register = S'inscrire
form-tab-login = Se connecter
form-field-server = Serveur
form-field-name = Identifiant
form-field-password = Mot de passe
form-field-password-again = Mot de passe, encore
