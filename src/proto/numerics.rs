//! The numerics, one table: name, number, meaning.
//!
//! Specification: Modern IRC, "Numerics", whose names are used; IRCv3 `sasl`, `monitor`, `metadata`; WHOX. A few that only
//! other servers' texts define are marked so. A constant holds the three digits as they stand on the wire, so it serves
//! both as a command of [`Line::new`](super::message::Line::new) and as a pattern to match a message's command.

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numeric {
    /// Its name, as `RPL_WELCOME`.
    pub name: &'static str,
    /// Its three digits.
    pub code: &'static str,
    /// What it says, and its parameters behind the client's name.
    pub meaning: &'static str,
}

impl Numeric {
    /// Whether it reports an error: 400 to 599, and the few errors outside of this range.
    pub fn is_error(&self) -> bool {
        self.name.starts_with("ERR_")
    }
}

/// The row of this code, when we know it.
pub fn find(code: &str) -> Option<&'static Numeric> {
    NUMERICS.binary_search_by_key(&code, |numeric| numeric.code).ok().map(|row| &NUMERICS[row])
}

macro_rules! numerics {
    ($($name:ident $code:literal $meaning:literal)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every numeric, in the order of its number.
        pub const NUMERICS: &[Numeric] =
            &[$(Numeric { name: stringify!($name), code: $code, meaning: $meaning }),*];
    };
}

numerics! {
    RPL_WELCOME "001" "The first line after registration: `:Welcome to the <network> Network, <nick>!<user>@<host>`"
    RPL_YOURHOST "002" "`:Your host is <server>, running version <version>`"
    RPL_CREATED "003" "`:This server was created <time>`"
    RPL_MYINFO "004" "`<server> <version> <user modes> <channel modes> [<channel modes with a parameter>]`"
    RPL_ISUPPORT "005" "`<1-13 tokens> :are supported by this server`"
    RPL_BOUNCE "010" "`<host> <port> :Please use this server instead`"
    RPL_STATSCOMMANDS "212" "`<command> <count> [<byte count> <remote count>]`"
    RPL_ENDOFSTATS "219" "`<letter> :End of /STATS report`"
    RPL_UMODEIS "221" "The user's own modes: `<modes>`"
    RPL_STATSUPTIME "242" "`:Server Up <days> days <hours>:<minutes>:<seconds>`"
    RPL_STATSOLINE "243" "`O <host mask> * <operator>`"
    RPL_STATSDEBUG "249" "`:<text>`: our own, what a filter did and how often"
    RPL_LUSERCLIENT "251" "`:There are <n> users and <n> invisible on <n> servers`"
    RPL_LUSEROP "252" "`<n> :operator(s) online`"
    RPL_LUSERUNKNOWN "253" "`<n> :unknown connection(s)`"
    RPL_LUSERCHANNELS "254" "`<n> :channels formed`"
    RPL_LUSERME "255" "`:I have <n> clients and <n> servers`"
    RPL_ADMINME "256" "`[<server>] :Administrative info`"
    RPL_ADMINLOC1 "257" "Where the server stands: `:<text>`"
    RPL_ADMINLOC2 "258" "Who runs it: `:<text>`"
    RPL_ADMINEMAIL "259" "How they are reached: `:<text>`"
    RPL_TRYAGAIN "263" "`<command> :Please wait a while and try again.`"
    RPL_LOCALUSERS "265" "`[<current> <most>] :Current local users <current>, max <most>`"
    RPL_GLOBALUSERS "266" "`[<current> <most>] :Current global users <current>, max <most>`"
    RPL_WHOISCERTFP "276" "`<nick> :has client certificate fingerprint <fingerprint>`"
    RPL_NONE "300" "A dummy"
    RPL_AWAY "301" "`<nick> :<away message>`"
    RPL_USERHOST "302" "`:<nick>[*]=<+|-><user@host> …`"
    RPL_ISON "303" "`:<nick> …`"
    RPL_UNAWAY "305" "`:You are no longer marked as being away`"
    RPL_NOWAWAY "306" "`:You have been marked as being away`"
    RPL_WHOISREGNICK "307" "`<nick> :has identified for this nick`"
    RPL_WHOISUSER "311" "`<nick> <user> <host> * :<real name>`"
    RPL_WHOISSERVER "312" "`<nick> <server> :<server's description>`"
    RPL_WHOISOPERATOR "313" "`<nick> :is an IRC operator`"
    RPL_WHOWASUSER "314" "`<nick> <user> <host> * :<real name>`"
    RPL_ENDOFWHO "315" "`<mask> :End of WHO list`"
    RPL_WHOISIDLE "317" "`<nick> <seconds idle> <signed on at> :seconds idle, signon time`"
    RPL_ENDOFWHOIS "318" "`<nick> :End of /WHOIS list`"
    RPL_WHOISCHANNELS "319" "`<nick> :<prefixed channel> …`"
    RPL_WHOISSPECIAL "320" "`<nick> :<text>`"
    RPL_LISTSTART "321" "`Channel :Users  Name`"
    RPL_LIST "322" "`<channel> <count> :<topic>`"
    RPL_LISTEND "323" "`:End of /LIST`"
    RPL_CHANNELMODEIS "324" "`<channel> <modes> <parameters>…`"
    RPL_CREATIONTIME "329" "`<channel> <created at>`"
    RPL_WHOISACCOUNT "330" "`<nick> <account> :is logged in as`"
    RPL_NOTOPIC "331" "`<channel> :No topic is set`"
    RPL_TOPIC "332" "`<channel> :<topic>`"
    RPL_TOPICWHOTIME "333" "`<channel> <nick> <set at>`"
    RPL_WHOISBOT "335" "`<nick> :is a bot` (IRCv3 `bot-mode`)"
    RPL_INVITELIST "336" "A channel one is invited to: `<channel>`"
    RPL_ENDOFINVITELIST "337" "`:End of /INVITE list`"
    RPL_WHOISACTUALLY "338" "`<nick> [<user@host>] [<address>] :is actually using host`"
    RPL_INVITING "341" "`<nick> <channel>`"
    RPL_INVEXLIST "346" "`<channel> <mask> [<who> <set at>]`"
    RPL_ENDOFINVEXLIST "347" "`<channel> :End of Channel Invite Exception List`"
    RPL_EXCEPTLIST "348" "`<channel> <mask> [<who> <set at>]`"
    RPL_ENDOFEXCEPTLIST "349" "`<channel> :End of channel exception list`"
    RPL_VERSION "351" "`<version> <server> :<comments>`"
    RPL_WHOREPLY "352" "`<channel> <user> <host> <server> <nick> <flags> :<hops> <real name>`"
    RPL_NAMREPLY "353" "`<=|*|@> <channel> :[<prefix>]<nick> …`"
    RPL_WHOSPCRPL "354" "The fields that a WHOX query asked for, in its order"
    RPL_LINKS "364" "`<server> <server> :<hops> <description>`"
    RPL_ENDOFLINKS "365" "`* :End of /LINKS list`"
    RPL_ENDOFNAMES "366" "`<channel> :End of /NAMES list`"
    RPL_BANLIST "367" "`<channel> <mask> [<who> <set at>]`"
    RPL_ENDOFBANLIST "368" "`<channel> :End of channel ban list`"
    RPL_ENDOFWHOWAS "369" "`<nick> :End of WHOWAS`"
    RPL_INFO "371" "`:<text>`"
    RPL_MOTD "372" "`:<line>`"
    RPL_ENDOFINFO "374" "`:End of INFO list`"
    RPL_MOTDSTART "375" "`:- <server> Message of the day -`"
    RPL_ENDOFMOTD "376" "`:End of /MOTD command.`"
    RPL_WHOISHOST "378" "`<nick> :is connecting from *@<host> <address>`"
    RPL_WHOISMODES "379" "`<nick> :is using modes <modes>`"
    RPL_YOUREOPER "381" "`:You are now an IRC operator`"
    RPL_REHASHING "382" "`<config file> :Rehashing`"
    RPL_TIME "391" "`<server> [<timestamp> [<offset>]] :<human-readable time>`"
    RPL_HOSTHIDDEN "396" "`<host> :is now your displayed host`"
    ERR_UNKNOWNERROR "400" "`<command>… :<text>`"
    ERR_NOSUCHNICK "401" "`<nick> :No such nick/channel`"
    ERR_NOSUCHSERVER "402" "`<server> :No such server`"
    ERR_NOSUCHCHANNEL "403" "`<channel> :No such channel`"
    ERR_CANNOTSENDTOCHAN "404" "`<channel> :Cannot send to channel`"
    ERR_TOOMANYCHANNELS "405" "`<channel> :You have joined too many channels`"
    ERR_WASNOSUCHNICK "406" "`<nick> :There was no such nickname`"
    ERR_TOOMANYTARGETS "407" "`<target> :Too many targets`"
    ERR_NOORIGIN "409" "`:No origin specified`"
    ERR_INVALIDCAPCMD "410" "`<subcommand> :Invalid CAP command`"
    ERR_NORECIPIENT "411" "`:No recipient given (<command>)`"
    ERR_NOTEXTTOSEND "412" "`:No text to send`"
    ERR_INPUTTOOLONG "417" "`:Input line was too long`"
    ERR_UNKNOWNCOMMAND "421" "`<command> :Unknown command`"
    ERR_NOMOTD "422" "`:MOTD File is missing`"
    ERR_NONICKNAMEGIVEN "431" "`:No nickname given`"
    ERR_ERRONEUSNICKNAME "432" "`<nick> :Erroneous nickname`"
    ERR_NICKNAMEINUSE "433" "`<nick> :Nickname is already in use`"
    ERR_NICKCOLLISION "436" "`<nick> :Nickname collision KILL from <user>@<host>`"
    ERR_USERNOTINCHANNEL "441" "`<nick> <channel> :They aren't on that channel`"
    ERR_NOTONCHANNEL "442" "`<channel> :You're not on that channel`"
    ERR_USERONCHANNEL "443" "`<nick> <channel> :is already on channel`"
    ERR_NOTREGISTERED "451" "`:You have not registered`"
    ERR_NEEDMOREPARAMS "461" "`<command> :Not enough parameters`"
    ERR_ALREADYREGISTERED "462" "`:You may not reregister`"
    ERR_PASSWDMISMATCH "464" "`:Password incorrect`"
    ERR_YOUREBANNEDCREEP "465" "`:You are banned from this server.`"
    ERR_LINKCHANNEL "470" "`<channel> <other channel> :Forwarding to another channel`"
    ERR_CHANNELISFULL "471" "`<channel> :Cannot join channel (+l)`"
    ERR_UNKNOWNMODE "472" "`<letter> :is unknown mode char to me`"
    ERR_INVITEONLYCHAN "473" "`<channel> :Cannot join channel (+i)`"
    ERR_BANNEDFROMCHAN "474" "`<channel> :Cannot join channel (+b)`"
    ERR_BADCHANNELKEY "475" "`<channel> :Cannot join channel (+k)`"
    ERR_BADCHANMASK "476" "`<channel> :Bad Channel Mask`"
    ERR_NEEDREGGEDNICK "477" "`<channel> :Cannot join channel (+R): you need to be logged in`"
    ERR_BANLISTFULL "478" "`<channel> <letter> :Channel list is full`"
    ERR_NOPRIVILEGES "481" "`:Permission Denied- You're not an IRC operator`"
    ERR_CHANOPRIVSNEEDED "482" "`<channel> :You're not channel operator`"
    ERR_CANTKILLSERVER "483" "`:You cant kill a server!`"
    ERR_NOOPERHOST "491" "`:No O-lines for your host`"
    ERR_UMODEUNKNOWNFLAG "501" "`:Unknown MODE flag`"
    ERR_USERSDONTMATCH "502" "`:Cant change mode for other users`"
    ERR_HELPNOTFOUND "524" "`<subject> :No help available on this topic`"
    ERR_INVALIDKEY "525" "`<channel> :Key is not well-formed`"
    ERR_BADRENAME "609" "Refusal of a RENAME without `standard-replies`: `<channel> <new name> :<text>`"
    RPL_STARTTLS "670" "`:STARTTLS successful, proceed with TLS handshake`"
    RPL_WHOISSECURE "671" "`<nick> :is using a secure connection`"
    RPL_YOURLANGUAGESARE "687" "`<code> … :Language preferences are set` (`draft/languages`)"
    ERR_STARTTLS "691" "`:STARTTLS failed (<reason>)`"
    ERR_INVALIDMODEPARAM "696" "`<target> <letter> <parameter> :<description>`"
    RPL_HELPSTART "704" "`<subject> :<first line>`"
    RPL_HELPTXT "705" "`<subject> :<line>`"
    RPL_ENDOFHELP "706" "`<subject> :<last line>`"
    RPL_KNOCK "710" "`<channel> <nick!user@host> :has asked for an invite.`"
    RPL_KNOCKDLVR "711" "`<channel> :Your KNOCK has been delivered.`"
    ERR_NOPRIVS "723" "`<privilege> :Insufficient oper privileges.`"
    RPL_MONONLINE "730" "`:<nick!user@host>,…`"
    RPL_MONOFFLINE "731" "`:<nick>,…`"
    RPL_MONLIST "732" "`:<nick>,…`"
    RPL_ENDOFMONLIST "733" "`:End of MONITOR list`"
    ERR_MONLISTFULL "734" "`<limit> <targets> :Monitor list is full.`"
    RPL_WHOISKEYVALUE "760" "`<target> <key> <visibility> :<value>`"
    RPL_KEYVALUE "761" "`<target> <key> <visibility> :<value>`"
    RPL_KEYNOTSET "766" "`<target> <key> :key not set`"
    RPL_METADATASUBOK "770" "`<key> …`"
    RPL_METADATAUNSUBOK "771" "`<key> …`"
    RPL_METADATASUBS "772" "`<key> …`"
    RPL_METADATASYNCLATER "774" "`<target> [<retry after seconds>]`"
    RPL_LOGGEDIN "900" "`<nick!user@host> <account> :You are now logged in as <account>`"
    RPL_LOGGEDOUT "901" "`<nick!user@host> :You are now logged out`"
    ERR_NICKLOCKED "902" "`:You must use a nick assigned to you`"
    RPL_SASLSUCCESS "903" "`:SASL authentication successful`"
    ERR_SASLFAIL "904" "`:SASL authentication failed`"
    ERR_SASLTOOLONG "905" "`:SASL message too long`"
    ERR_SASLABORTED "906" "`:SASL authentication aborted`"
    ERR_SASLALREADY "907" "`:You have already authenticated using SASL`"
    RPL_SASLMECHS "908" "`<mechanism>,… :are available SASL mechanisms`"
    ERR_TOOMANYLANGUAGES "981" "`<limit> :You specified too many languages` (`draft/languages`)"
    ERR_NOLANGUAGE "982" "`<code> [<code> ...] :Languages are not supported by this server.` (`draft/languages`)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_are_unique() {
        for pair in NUMERICS.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].name, pair[1].name);
        }
        let names: std::collections::BTreeSet<_> = NUMERICS.iter().map(|numeric| numeric.name).collect();
        assert_eq!(names.len(), NUMERICS.len());
    }

    #[test]
    fn every_row_is_three_digits_with_a_name_of_its_kind() {
        for numeric in NUMERICS {
            assert!(numeric.code.len() == 3 && numeric.code.bytes().all(|byte| byte.is_ascii_digit()), "{numeric:?}");
            assert!(numeric.name.starts_with("RPL_") || numeric.name.starts_with("ERR_"), "{numeric:?}");
            assert!(!numeric.meaning.is_empty(), "{numeric:?}");
            if ("400".."600").contains(&numeric.code) {
                assert!(numeric.is_error(), "{numeric:?}");
            }
        }
    }

    #[test]
    fn a_code_finds_its_row() {
        assert_eq!(find(RPL_WELCOME).map(|numeric| numeric.name), Some("RPL_WELCOME"));
        assert_eq!(find("904").map(|numeric| numeric.name), Some("ERR_SASLFAIL"));
        assert_eq!(find("999"), None);
        assert_eq!(find("1"), None);
    }
}
