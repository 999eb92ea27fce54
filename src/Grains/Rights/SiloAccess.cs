using CoKe.Abstractions.Rights;
using CoKe.Access;

namespace CoKe.Grains.Rights;

/// <summary>What silos prove to each other before the first byte on a silo port.</summary>
public static class SiloAccess
{
    /// <summary>The token of a cluster's silo ports, which no client can make.</summary>
    public static AccessToken Of(ClusterSecret secret) => new(Convert.ToHexStringLower(secret.KeyFor("silo port 1")));
}
