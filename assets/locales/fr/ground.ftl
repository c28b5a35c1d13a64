# Fichiers, dossiers, certificats : ce qui n'a pas marché et que faire.

ground-no-home = Votre dossier personnel n'est pas connu. Définissez la variable d'environnement HOME.
ground-refused =
    { $action ->
        [directory] Le dossier { $path } ne peut pas être utilisé : { $reason }.
        [write] Le fichier { $path } ne peut pas être écrit : { $reason }.
        [lock] Le verrou { $path } ne peut pas être pris : { $reason }.
       *[open] Le fichier { $path } ne peut pas être ouvert : { $reason }.
    } Vérifiez à qui il appartient et si le disque est plein.
ground-not-owned = Le dossier { $path } appartient à un autre utilisateur ({ $owner }), qui pourrait lire ou remplacer son contenu. Supprimez-le, ou donnez à XDG_RUNTIME_DIR un dossier à vous.
ground-exposed = { $path } contient un secret et a le mode { $mode } : n'importe qui peut le lire ou le modifier. Faites : chmod 600 { $path }
ground-too-open = D'autres peuvent entrer dans le dossier { $path } (mode { $mode }). Fermez-le par : chmod 700 { $path }
ground-socket-path-too-long = Le chemin du socket { $path } a { $bytes } octets, le système en accepte { $most } au plus. Choisissez un dossier plus court.

ground-certificate-unknown =
    { $doubt ->
        [issuer] Aucune autorité connue ne répond de ce serveur : il a fait son certificat lui-même, ou une autorité privée l'a fait.
        [name] Le certificat de ce serveur a été fait pour un autre nom.
        [expired] Le certificat de ce serveur est périmé.
       *[unfit] Le certificat de ce serveur ne convient pas.
    } Son empreinte est { $fingerprint }. Comparez-la à celle que l'opérateur du serveur vous donne.
ground-certificate-changed = Le serveur montre un autre certificat que celui auquel vous avez fait confiance : quelqu'un écoute peut-être entre vous. Attendu { $pinned }, reçu { $presented }. Si l'opérateur dit l'avoir remplacé, retirez l'ancien et connectez-vous de nouveau.
ground-bad-server-name = « { $name } » n'est ni un nom de machine ni une adresse.
ground-no-tls = Ce qui répond là ne chiffre pas (pas de TLS).
ground-handshake-failed = Pas de connexion sûre : { $reason }. Peut-être que le serveur ne parle pas TLS sur ce port.
