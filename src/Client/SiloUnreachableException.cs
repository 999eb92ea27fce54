using System.Net;
using CoKe.Access;
using CoKe.Errors;

namespace CoKe.Client;

/// <summary>No silo of the cluster answered at the given gateways.</summary>
public sealed class SiloUnreachableException : CokeException
{
    internal SiloUnreachableException(CokeConnection connection, Exception inner)
        : base(
            "gateway",
            Places(connection),
            $"No silo answers at {Places(connection)}: start one there, or name the gateway of another.",
            inner
        )
    { }

    internal SiloUnreachableException(CokeConnection connection, EndPoint ending, Exception inner)
        : base(
            "cluster",
            connection.Cluster,
            $"What answers at {ending} ends every connection: probably it is a silo of another cluster than '{connection.Cluster}', "
                + "so give the name of its cluster; or it stops just now, or is no silo.",
            inner
        )
    { }

    static string Places(CokeConnection connection) => string.Join(", ", connection.Gateways);
}
