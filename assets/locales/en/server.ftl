# What the server says to people: notices, refusals, and the lines of its own console.

server-greeting = the connection is well established
server-recorded = Recorded here: every message, its date, your IP address and your port.

## The server's own lines, for its operator.

server-log-date = date = { $date }
server-log-started = the server has started...
server-log-connection = Connection from: ({ $address }, { $port })
server-log-name-right = the name is right
server-log-password-right = the password is right
server-log-address-right = the IP address is right
server-log-refused = the connection is refused for { $name }

## Refusals and notices.

server-account-required = You need an account here. Log in with SASL, or set the connection password to name:password, or register with REGISTER.
server-account-suspended = This account is suspended. { $reason }
server-accounts-unavailable = Accounts are temporarily unavailable: the database does not answer. Try again in a moment.
server-account-just-changed = What proves who you are was changed this very moment. Log in once more.
server-address-allowed = Your password is accepted from { $address } now.
server-address-refused = Somebody gave your password at the unknown address { $address }. If it was you, allow this address.
server-address-refused-answer = Somebody gave your password at the unknown address { $address }. If it was you, answer: allow { $address } { $code }
server-address-too-many = No more addresses can be allowed for your account. Ask the operator to look at them.
server-address-wrong-code = The address { $address } was not allowed: the code is not the right one.
server-invalid-idempotency-id = The id of the message is empty, or longer than 64 bytes.
server-invalid-nul = The line holds a NUL byte, which no message may hold.
server-invalid-realname = The real name is empty or too long.
server-invalid-utf8 = The line is not valid UTF-8. Only UTF-8 is understood here.
server-password-unacceptable = This password is too long, or holds a character that passwords may not have.
server-password-weak = This password is too short: at least { $least } characters.
server-secure-connection-required = Passwords are not accepted on this connection, because others could read along. Connect with TLS.
server-stopping = The server stops.
server-temporarily-unavailable = The message cannot be stored at the moment. Try again later.
server-too-many-attempts = Too many attempts from your address. Try again in { $seconds } seconds.
server-too-many-sessions = Too many sessions of this account are open already.
server-account-deleted = This account has been deleted.
server-account-done = Done for { $name }.
server-account-exists = The name { $name } is taken. Choose another one.
server-already-authenticated = You are logged in already.
server-bad-account-name = This cannot be the name of an account: it is too long, or holds a character that names may not have, or is reserved.
server-ban-bad-duration = A ban lasts a time such as 30m, 12h, 7d or 1d12h; 0 is for ever.
server-ban-bad-target = This is no account, network or mask: account:ann, 192.0.2.0/24, *!*@host.
server-ban-everybody = This would mean everybody.
server-ban-too-many = There are too many bans. Lift some first.
server-ban-unknown = There is no such ban.
server-invitation-required = An account needs an invitation here. Give its code in the place of the email address: REGISTER account code password.
server-invitation-invalid = This invitation code does not count: it is unknown, has run out, or was used already.
server-invitation-made = Pass this code on: it is shown this once, and one account can be registered by it.
server-invitation-unknown = There is no such invitation, or it was used already.
server-invitation-too-many = Too many invitations wait to be used: revoke some.
server-end-of-invitations = End of the list.
server-end-of-inspection = That is all.
server-registration-closed = Accounts are made by the operators here. Ask them for one.
server-banned = You are banned from this server. { $reason }
server-banned-until = You are banned from this server until { $until }. { $reason }
server-end-of-bans = End of the bans.
server-muted = You may read here, but not speak. The server's operators can be asked why. { $reason }
server-muted-until = You may read here, but not speak until { $until }. The server's operators can be asked why. { $reason }
server-filtered = This message is not wanted here. The server's operators can be asked why.
server-slow-mode = This channel is in slow mode: you can write again in { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}.
server-bad-address = { $address } is not an IP address.
server-device-account-required = Devices belong to an account. Log in first.
server-device-revoked = The token of this device has been revoked. Log in with the password.
server-end-of-accounts = End of the accounts.
server-end-of-channels = End of the channels.
server-channel-dropped = This channel has been closed.
server-end-of-devices = End of the devices.
server-need-nick = Say by NICK first who you want to be.
server-need-privileges = Only an operator may do this.
server-nothing-to-verify = Accounts need no verification here.
server-password-changed = The password of this account has been changed. Log in with the new one.
server-notice-logged-in = { $name } has logged in from { $address } ({ $by }).
server-notice-login-refused = A log-in as { $name } from { $address } was refused.
server-notice-oper-refused = Somebody at { $address } tried to become the operator { $name }.
server-notice-filter-refused = The filter { $filter } has refused a message of { $name } to { $target }.
server-notice-filter-would-refuse = The filter { $filter } would have refused a message of { $name } to { $target } (dry run).
server-notice-filter-noticed = The filter { $filter } means a message of { $name } to { $target }.
server-notice-report = { $name } reports a message of { $author } in { $target } ({ $msgid }).
server-notice-report-because = { $name } reports a message of { $author } in { $target } ({ $msgid }): { $reason }
server-notice-operator-acted = The operator { $operator } did this: { $what }
server-notice-registered = { $name } has registered from { $address }.
server-notice-spooling = The database is away: messages go on by the spool.
server-notice-spool-empty = Everything that waited in the spool is in the database.
server-rehash-done = The settings were read again and count from now on.
server-rehash-faulty = The settings are faulty and stay as they were: { $fault }
server-rehash-needs-restart = These have changed too, and count from the next start on: { $keys }
server-registered = The account { $name } is registered, and you are logged in.
server-too-many-devices = You have too many devices. Revoke one of them first.
server-too-many-registrations = Too many registrations on this connection.
server-unknown-account = There is no account { $name }.
server-unknown-device = You have no such device.
server-unknown-subcommand = This subcommand is unknown.
server-confusable-name = { $name } looks too much like the name of somebody else. Choose another one.
server-connection-password-required = This server has a password. Give it by PASS first.
server-log-in-first = Log in or register first: /msg NickServ HELP says how.
server-services-welcome = You are in the waiting room: register or log in within { $minutes } minutes. What you write to me is not recorded.
server-services-order = { $syntax }: { $meaning }
server-services-help-register = makes an account of your nick.
server-services-help-identify = logs in.
server-services-help-set-password = gives your account another password.
server-services-help-sessions = says where you are logged in.
server-services-help-help = says this.
server-services-identified = You are logged in.
server-services-log-in-first = Log in first.
server-services-password-set = Your password is changed. All other sessions have ended, and the tokens of your other devices are revoked.
server-services-refused = The name, the password or the address is wrong.
server-services-session = { $address }, since { $since }.
server-services-session-this = { $address }, since { $since }: this session.
server-services-syntax = It is written: { $syntax }
server-services-unknown = This order is unknown. HELP lists the orders.
server-missing-parameters = Parameters are missing.
server-invalid-parameters = This cannot be understood.
server-redact-invalid-target = You cannot withdraw messages there.
server-redact-forbidden = You may not withdraw this message.
server-redact-expired = This message is too old to be withdrawn.
server-redact-unknown = There is no such message, or it is withdrawn already.

# REPORT
server-report-done = The operators of this server have been told. Thank you.
server-report-unknown = There is no such message there, or it has been withdrawn.
server-report-too-many = You have reported a lot lately: you can report again in { $seconds } seconds.
server-read-marker-not-set = The read marker cannot be set at the moment.
server-rename-impossible = The channel cannot be called so.
server-rename-taken = There is a channel of that name already.
server-metadata-invalid-target = There is nobody and no channel of that name.
server-metadata-key-invalid = This is not a key: letters, digits, and _ . / : - in between.
server-metadata-members-only = Only members of this channel read what is told about it.
server-metadata-no-permission = You may not change that.
server-metadata-key-not-set = This key is not set.
server-metadata-value-invalid = This value is too long.
server-metadata-limit-reached = There are too many keys already.
server-metadata-too-many-subs = You have subscribed to too many keys.
server-search-failed = The search cannot be made at the moment.
server-multiline-invalid = This is not a message of several lines.
server-multiline-invalid-target = All lines of a message go to the same target.
server-multiline-max-bytes = The message is longer than { $most } bytes.
server-multiline-max-lines = The message has more than { $most } lines.
server-missed = What was said while you were away, with times in UTC:
server-missed-more = More was said: of each conversation the last { $most } messages are shown.
server-missed-unavailable = What was said while you were away cannot be shown at the moment.
server-playback-syntax = It is written: PLAY <names> [<from> [<to>]], LIST [<names>], CLEAR <names>
server-no-certificate = You have shown no TLS certificate on this connection.
server-certificate-in-use = This certificate is bound to an account already.
