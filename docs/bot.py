#!/usr/bin/env python3
"""A bot: logs in by SASL, joins a channel, answers !ping. Usage: BOT_PASSWORD=… bot.py HOST PORT ACCOUNT CHANNEL"""

import base64, os, socket, ssl, sys

host, port, account, channel = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
connection = socket.create_connection((host, port))
if port == 6697:
    connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
lines = connection.makefile("r", encoding="utf-8", newline="\r\n")


def send(line):
    connection.sendall(f"{line}\r\n".encode())


for line in ("CAP LS 302", f"NICK {account}", f"USER {account} 0 * :a bot", "CAP REQ :sasl", "AUTHENTICATE PLAIN"):
    send(line)
for line in lines:
    words = line.rstrip("\r\n").split(" ")
    source = words.pop(0) if words[0].startswith(":") else ""
    if words[0] == "PING":
        send(f"PONG {words[-1]}")
    elif words[0] == "AUTHENTICATE":
        secret = f"\0{account}\0{os.environ['BOT_PASSWORD']}".encode()
        send(f"AUTHENTICATE {base64.b64encode(secret).decode()}")
    elif words[0] == "903":  # logged in
        send("CAP END")
    elif words[0] == "904":
        sys.exit("the name or the password is wrong")
    elif words[0] == "001":  # welcome
        send(f"MODE {words[1]} +B")
        send(f"JOIN {channel}")
    elif words[:3] == ["PRIVMSG", channel, ":!ping"]:
        send(f"PRIVMSG {channel} :pong, {source[1:].split('!')[0]}")
