namespace CoKe.Access;

/// <summary>Why a connection was not made. The numbers go over the wire.</summary>
public enum AccessRefusal : byte
{
    /// <summary>The acceptor asks for a token, and the connector offered none.</summary>
    TokenMissing = 1,

    /// <summary>The connector does not know the acceptor's token.</summary>
    TokenWrong = 2,

    /// <summary>The acceptor speaks TLS, and the connector did not.</summary>
    TlsMissing = 3,

    /// <summary>The connector spoke TLS, and the acceptor does not.</summary>
    TlsUnexpected = 4,

    /// <summary>A gateway's client came to a silo port, or a silo to a gateway port.</summary>
    WrongPort = 5,

    /// <summary>The connector is a silo that does not share the silos' secret, or has other tokens.</summary>
    SecretWrong = 6,

    /// <summary>The acceptor has as many connections as it takes.</summary>
    Full = 7,

    /// <summary>The acceptor's certificate is expired, of another authority or name, or none. Never sent.</summary>
    AcceptorCertificate = 101,

    /// <summary>The connector's certificate is expired, of another authority or name, or none. Never sent.</summary>
    ConnectorCertificate = 102,

    /// <summary>The peer could not prove that it knows the token. Never sent.</summary>
    Unproven = 103,

    /// <summary>The peer said nothing in time, too much, or hung up. Never sent.</summary>
    Silent = 104,
}
