using CoKe.Access;
using CoKe.Access.Rights;

namespace CoKe.Web;

/// <summary>Whom the door lets in, and how much it takes at once.</summary>
public sealed record DoorOptions
{
    /// <summary>What those must prove who may do everything; null: nothing, see <see cref="IsOnLoopback"/>.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>What those must prove who may only feed and read; null: there are none.</summary>
    public AccessToken? FeedToken { get; init; }

    /// <summary>Whether the port is on loopback: then every request must call this machine by a name of loopback, or a page of the web
    /// could have a browser ask it.</summary>
    public bool IsOnLoopback { get; init; } = true;

    /// <summary>Bytes of bodies that are in memory at once, at least 1; who would exceed them asks again later. By default an eighth of
    /// the memory that the process may use.</summary>
    public long BodyBytes { get; init; } = Math.Max(MostOfOne, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    /// <summary>How long the door itself asks again while silos die, stop or recover, before it tells the caller to.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Which of the tokens a visitor shows, and what it lets him do; null: neither.</summary>
    internal (AccessToken Token, Right Right)? Judge(ReadOnlySpan<char> given)
    {
        // Both are looked at, so that the time tells nothing.
        var (isAdministrator, isFeeder) = (Token?.Equals(given) ?? false, FeedToken?.Equals(given) ?? false);
        return isAdministrator ? (Token!, Right.Administer)
            : isFeeder ? (FeedToken!, Right.Feed)
            : null;
    }

    // A mini-batch always finds room where nothing else is under way.
    const long MostOfOne = 512L << 20;
}
