using System.Security.Cryptography;
using CoKe.Abstractions.Rights;
using CoKe.Access.Rights;

namespace CoKe.Grains.Rights;

/// <summary>Which key proves which right to this silo.</summary>
/// <param name="secret">What only the silos of the cluster know.</param>
/// <param name="clients">What clients may prove.</param>
public sealed class CallKeys(ClusterSecret secret, ClientKeys clients)
{
    /// <summary>What the cluster's key is made for, see <see cref="ClusterSecret.KeyFor"/>.</summary>
    public const string Purpose = "calls 1";

    // Late, because the secret may come from a database that is opened after this object is made.
    readonly Lazy<(byte[] Key, CallCredential Own)> _cluster = new(() =>
        secret.KeyFor(Purpose) is var key ? (key, new CallCredential(key)) : default
    );

    /// <summary>The silos' own.</summary>
    internal byte[] Cluster => _cluster.Value.Key;

    /// <summary>What calls carry that start in this silo.</summary>
    internal CallCredential Own => _cluster.Value.Own;

    /// <summary>The right that a key proves; null: none. Takes the same time for every wrong key.</summary>
    internal Right? RightOf(byte[]? key)
    {
        if (key is null)
            return clients.WithoutKey;
        var (isCluster, isAdministrator, isFeeder) = (Is(Cluster), Is(clients.Administer), Is(clients.Feed));
        return isCluster ? Right.Cluster
            : isAdministrator ? Right.Administer
            : isFeeder ? Right.Feed
            : clients.WithoutKey;

        bool Is(byte[]? right) => right is not null && CryptographicOperations.FixedTimeEquals(key, right);
    }
}

/// <summary>What clients prove their rights by. With neither key every client may feed, read and administer, as on a loopback port without
/// a token.</summary>
public sealed record ClientKeys
{
    /// <summary>The key of those who may administer.</summary>
    public byte[]? Administer { get; init; }

    /// <summary>The key of those who may feed and read.</summary>
    public byte[]? Feed { get; init; }

    internal Right? WithoutKey => Administer is null && Feed is null ? Right.Administer : null;

    /// <summary>A record shows its fields: never these.</summary>
    public override string ToString() => "(hidden)";
}
