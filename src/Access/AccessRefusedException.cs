using System.Net;
using CoKe.Errors;

namespace CoKe.Access;

/// <summary>A silo refused this process, or this process refused the silo: token or TLS do not fit. No message was exchanged.</summary>
public sealed class AccessRefusedException : CokeException
{
    internal AccessRefusedException(EndPoint? silo, AccessRefusal refusal, string? detail = null, Exception? inner = null)
        : base(Subject(refusal), "(hidden)", Sentence($"The silo at {silo}", refusal, detail), inner) => (Silo, Refusal) = (silo, refusal);

    /// <summary>Where it is.</summary>
    public EndPoint? Silo { get; }

    /// <summary>What did not fit.</summary>
    public AccessRefusal Refusal { get; }

    static string Subject(AccessRefusal refusal) =>
        refusal switch
        {
            AccessRefusal.TlsMissing
            or AccessRefusal.TlsUnexpected
            or AccessRefusal.AcceptorCertificate
            or AccessRefusal.ConnectorCertificate => "tls",
            AccessRefusal.WrongPort => "port",
            AccessRefusal.SecretWrong => "secret",
            AccessRefusal.Full => "connections",
            _ => "token",
        };

    static string Sentence(string silo, AccessRefusal refusal, string? detail) =>
        refusal switch
        {
            AccessRefusal.TokenMissing => $"{silo} asks for a token: give the cluster's.",
            AccessRefusal.TokenWrong => $"{silo} has another token: give the cluster's.",
            AccessRefusal.TlsMissing => $"{silo} speaks TLS: give a certificate, its key and the authority that signed the silo's.",
            AccessRefusal.TlsUnexpected => $"{silo} does not speak TLS: connect without it, or have the silo speak it.",
            AccessRefusal.WrongPort => $"{silo} listens on this port for others: clients connect to a gateway port, silos to a silo port.",
            AccessRefusal.SecretWrong => $"{silo} is of other silos: give all of one cluster the same database or the same secret "
                + "of silos, and the same tokens.",
            AccessRefusal.Full => $"{silo} has as many connections as it takes: end clients that are not needed, "
                + "or have it take more.",
            AccessRefusal.AcceptorCertificate => $"{silo} has a certificate that is refused: {detail}.",
            AccessRefusal.ConnectorCertificate =>
                $"{silo} refused this process's certificate: it must be valid, and signed by an authority that the silo knows; "
                    + "a silo's must carry the cluster's name.",
            AccessRefusal.Unproven => $"{silo} did not prove that it knows the token: it is none of the cluster's.",
            _ => $"{silo} did not complete the {detail} handshake: it has no {detail}, is no silo of this version, or is overloaded.",
        };
}
