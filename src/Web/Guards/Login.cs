using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CoKe.Access;

namespace CoKe.Web.Guards;

/// <summary>
/// A browser's proof that it showed a token: a browser cannot send one with every request for events or pictures. It is a time and its seal
/// by the token, which every silo of the cluster can judge and nobody else can make. It lets a page look, and nothing more.
/// </summary>
static class Login
{
    /// <summary>The name of the cookie.</summary>
    public const string Cookie = "coke-login";

    /// <summary>After that the token has to be given again.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromHours(24);

    /// <summary>What the browser is to keep, until a time.</summary>
    /// <param name="token">The token that was shown.</param>
    /// <param name="until">When it is no proof any more.</param>
    public static string Issue(AccessToken token, DateTimeOffset until)
    {
        var text = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{text}.{Convert.ToHexStringLower(token.Seal(Encoding.ASCII.GetBytes(text)))}";
    }

    /// <summary>Whether it was issued with that token and is still a proof.</summary>
    public static bool IsGood(string? kept, AccessToken? token, DateTimeOffset now)
    {
        if (kept is null || token is null || kept.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0)
            return false;
        var (text, seal) = (kept[..dot], kept[(dot + 1)..]);
        var own = Convert.ToHexStringLower(token.Seal(Encoding.UTF8.GetBytes(text)));
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(own), Encoding.UTF8.GetBytes(seal))
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var until)
            && now.ToUnixTimeSeconds() < until;
    }
}
