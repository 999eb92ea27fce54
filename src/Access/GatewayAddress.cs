using System.Globalization;
using System.Net;
using CoKe.Errors;

namespace CoKe.Access;

/// <summary>A silo's gateway as people write it: HOST:PORT.</summary>
/// <param name="Host">A name or an IP address; one of version 6 without brackets.</param>
/// <param name="Port">1 to 65,535.</param>
public sealed record GatewayAddress(string Host, int Port)
{
    /// <summary>Reads HOST:PORT; whether there is such a host only a connection tells.</summary>
    /// <returns>Null: it is none.</returns>
    public static GatewayAddress? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        return
            colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new GatewayAddress(text[..colon].Trim('[', ']'), port)
            : null;
    }

    /// <summary>Reads HOST:PORT; whether there is such a host only a connection tells.</summary>
    /// <exception cref="InvalidOptionsException">It is none.</exception>
    public static GatewayAddress Parse(string text) =>
        TryParse(text)
        ?? throw new InvalidOptionsException(
            "gateway",
            text,
            $"Gateway {text} is no HOST:PORT: write for instance {CokeConnection.DefaultGateway}."
        );

    /// <summary>An address that is known already.</summary>
    public static implicit operator GatewayAddress(IPEndPoint endpoint) => new($"{endpoint.Address}", endpoint.Port);

    /// <summary>HOST:PORT.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
