using System.Security.Cryptography;
using System.Text;
using CoKe.Errors;

namespace CoKe.Abstractions.Rights;

/// <summary>
/// What only the silos of one cluster know. A silo that is alone draws it anew at every start; several have it from their database or from
/// a file. Clients have no use for it, and never get it.
/// </summary>
public sealed class ClusterSecret
{
    /// <summary>Its length, bytes.</summary>
    public const int Length = 32;

    readonly Lock _changing = new();
    byte[] _secret;
    bool _isUsed;

    /// <summary>A random one, for a silo that is alone.</summary>
    public ClusterSecret() => _secret = RandomNumberGenerator.GetBytes(Length);

    /// <summary>One that others have too.</summary>
    /// <param name="secret">At least 16 bytes, from a good source of randomness.</param>
    /// <exception cref="InvalidOptionsException">It is too short.</exception>
    public ClusterSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < 16)
            throw new InvalidOptionsException(
                "secret",
                "(hidden)",
                $"A secret of {secret.Length} bytes can be guessed: give at least 16 random bytes."
            );
        (_secret, IsGiven) = (SHA256.HashData(secret), true);
    }

    /// <summary>It was given, so that a database need not.</summary>
    public bool IsGiven { get; }

    /// <summary>Takes the one that the silos share by their database, before it is used.</summary>
    /// <exception cref="InvalidOperationException">It was used already: others were told of another one.</exception>
    public void Become(ReadOnlySpan<byte> shared)
    {
        lock (_changing)
        {
            if (_isUsed)
                throw new InvalidOperationException("The secret of the cluster came after it was used.");
            _secret = SHA256.HashData(shared);
        }
    }

    /// <summary>A key for one purpose, from which neither the secret nor another key can be found.</summary>
    public byte[] KeyFor(string purpose)
    {
        lock (_changing)
        {
            _isUsed = true;
            return HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                _secret,
                SHA256.HashSizeInBytes,
                info: Encoding.UTF8.GetBytes($"CoKe.Orleans {purpose}")
            );
        }
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => "(hidden)";
}
