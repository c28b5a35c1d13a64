# Fichiers, dossiers, certificats : ce qui n'a pas marché et que faire.
