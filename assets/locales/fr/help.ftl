# Touches et commandes, telles que F1 et /help les montrent.

help-title-everywhere = Partout
help-title-chat = Conversations
help-title-editing = Écrire
help-title-form = Le formulaire
help-title-question = Questions
help-title-help = Cette aide

help-key-help = cette aide
help-key-quit = quitter
help-key-send = envoyer
help-key-new-line = commencer une nouvelle ligne
help-key-next = conversation suivante
help-key-previous = conversation précédente
help-key-nth = de la première à la neuvième conversation
help-key-next-unread = conversation suivante où il y a du nouveau
help-key-last = la conversation montrée avant
help-key-page-up = une page vers le haut
help-key-page-down = une page vers le bas
help-key-oldest = message le plus ancien
help-key-newest = message le plus récent
help-key-resend = renvoyer ce qui a échoué
help-key-history-up = ligne au-dessus, ou ce qui a été envoyé avant
help-key-history-down = ligne au-dessous, ou ce qui a été envoyé après
help-key-left = un caractère à gauche
help-key-right = un caractère à droite
help-key-word-left = un mot à gauche
help-key-word-right = un mot à droite
help-key-line-start = début de la ligne ; message le plus ancien si rien n'est écrit
help-key-line-end = fin de la ligne ; message le plus récent si rien n'est écrit
help-key-backspace = effacer le caractère d'avant
help-key-delete = effacer le caractère d'après
help-key-kill-word-before = couper le mot d'avant
help-key-kill-word-after = couper le mot d'après
help-key-kill-line-start = couper jusqu'au début de la ligne
help-key-kill-line-end = couper jusqu'à la fin de la ligne
help-key-yank = insérer ce qui a été coupé
help-key-undo = annuler
help-key-next-field = champ suivant
help-key-previous-field = champ précédent
help-key-switch-tab = s'inscrire ou se connecter
help-key-reveal = montrer ou cacher le mot de passe
help-key-submit = continuer
help-key-leave = quitter ; pendant la connexion : abandonner
help-key-accept = oui
help-key-refuse = non
help-key-close = fermer
help-key-scroll-up = défiler vers le haut
help-key-scroll-down = défiler vers le bas

## Le pied de l'écran : un mot chacun.

footer-help = aide
footer-send = envoyer
footer-next = suivante
footer-scroll = défiler
footer-switch-tab = s'inscrire/se connecter
footer-reveal = montrer le mot de passe
footer-submit = continuer
footer-leave = quitter
footer-accept = oui
footer-refuse = non
footer-close = fermer

## Les commandes.

help-command-help = touches et commandes
help-command-join = entrer dans un salon
help-command-part = quitter le salon, ou fermer la conversation
help-command-msg = ouvrir une conversation avec quelqu'un, et dire quelque chose
help-command-me = dire ce que l'on fait : * ann fait signe
help-command-say = dire un texte tel quel : /say bye dit bye
help-command-notice = envoyer un avis
help-command-nick = prendre un autre nom, là où le serveur le permet
help-command-topic = montrer le sujet, ou le changer
help-command-names = qui est là
help-command-whois = qui est quelqu'un
help-command-away = dire que l'on est absent ; sans raison : que l'on est de retour
help-command-list = quels salons existent
help-command-invite = inviter quelqu'un dans ce salon
help-command-kick = exclure quelqu'un de ce salon
help-command-history = messages plus anciens
help-command-resend = renvoyer ce qui a échoué
help-command-reconnect = réessayer tout de suite de se connecter
help-command-connect = parler à un autre serveur, ou de nouveau à celui qui a été quitté
help-command-disconnect = quitter ce serveur ; une fois de plus : fermer ses conversations
help-command-clear = vider cette conversation à l'écran
help-command-raw = envoyer une ligne telle quelle au serveur
help-command-quit = quitter ; bye, seul, aussi

arguments-channel-key = #salon [clé]
arguments-channel-reason = [#salon] [raison]
arguments-target-text = nom [texte]
arguments-action = ce que vous faites
arguments-text = texte
arguments-name = nom
arguments-name-reason = nom [raison]
arguments-topic = [sujet]
arguments-reason = [raison]
arguments-server = [hôte[:port]]
arguments-count = [nombre]
arguments-line = ligne
