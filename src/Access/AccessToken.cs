using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CoKe.Errors;

namespace CoKe.Access;

/// <summary>
/// The secret that silos, trainers and <c>coke</c> share. It is compared and used through hashes of equal length only, and no text of this
/// object shows it.
/// </summary>
public sealed class AccessToken
{
    /// <summary>The least length, characters: whoever listens to an unencrypted handshake can try guesses at leisure.</summary>
    public const int LeastLength = 16;

    /// <summary>The greatest length, characters.</summary>
    public const int GreatestLength = 4096;

    // Those of a bearer token in HTTP, so that one secret serves every port.
    static readonly SearchValues<char> _s_allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    readonly byte[] _hash;
    readonly byte[] _key;
    readonly byte[] _callKey;
    readonly byte[] _pageKey;

    /// <summary>Takes the secret, without white space around it.</summary>
    /// <param name="secret">16 to 4096 letters, digits or any of <c>-._~+/=</c>.</param>
    /// <param name="source">How the person who gave it knows it, such as <c>--token-file FILE</c>; for the refusal.</param>
    /// <exception cref="InvalidOptionsException">It is too short, too long, or has other characters. The message does not show
    /// it.</exception>
    public AccessToken(string secret, string source = "The token")
    {
        secret = secret.Trim();
        if (secret.Length is < LeastLength or > GreatestLength || secret.AsSpan().ContainsAnyExcept(_s_allowed))
        {
            throw new InvalidOptionsException(
                "token",
                "(hidden)",
                $"{source} is no token of {LeastLength} to {GreatestLength} letters, digits or any of -._~+/=: "
                    + "make one with 'openssl rand -hex 32'."
            );
        }

        var bytes = Encoding.ASCII.GetBytes(secret);
        _hash = SHA256.HashData(bytes);
        _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, SHA256.HashSizeInBytes, info: "CoKe.Orleans handshake 1"u8.ToArray());
        _callKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, SHA256.HashSizeInBytes, info: "CoKe.Orleans calls 1"u8.ToArray());
        _pageKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, SHA256.HashSizeInBytes, info: "CoKe.Orleans page 1"u8.ToArray());
    }

    /// <summary>A random token that nobody knows yet.</summary>
    public static AccessToken Random(out string secret) => new(secret = RandomNumberGenerator.GetHexString(64, lowercase: true));

    /// <summary>What a client's calls carry to prove that it knows the secret, which cannot be found from it. Nobody writes to
    /// it.</summary>
    public byte[] CallKey => _callKey;

    /// <summary>A token for who knows this secret and also that key.</summary>
    /// <param name="key">A key of at least 16 bytes.</param>
    public AccessToken With(ReadOnlySpan<byte> key) => new(Convert.ToHexStringLower(Prove(key)));

    /// <summary>Whether a peer gave the same secret; takes the same time whatever it gave.</summary>
    public bool Equals(ReadOnlySpan<char> given)
    {
        // Hashes have one length, so that not even the length can be measured.
        var bytes = new byte[Encoding.UTF8.GetByteCount(given)];
        Encoding.UTF8.GetBytes(given, bytes);
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(bytes), _hash);
    }

    /// <summary>Whether another token has the same secret.</summary>
    public bool IsSameAs(AccessToken other) => CryptographicOperations.FixedTimeEquals(_hash, other._hash);

    /// <summary>Proves knowledge of the secret over a transcript, without showing it.</summary>
    internal byte[] Prove(ReadOnlySpan<byte> transcript) => HMACSHA256.HashData(_key, transcript);

    /// <summary>The seal of a browser that was logged in: only who knows the secret can make it, and the secret cannot be found from
    /// it.</summary>
    /// <param name="text">What is sealed.</param>
    /// <returns>32 bytes (HMAC with SHA-256).</returns>
    public byte[] Seal(ReadOnlySpan<byte> text) => HMACSHA256.HashData(_pageKey, text);

    /// <summary>Never the secret.</summary>
    public override string ToString() => "(hidden)";
}
