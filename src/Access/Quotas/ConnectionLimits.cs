namespace CoKe.Access.Quotas;

/// <summary>
/// How many connections the ports of a silo take. By default that is half of the files that the process may open, so that its database, its
/// own connections to other silos, and whatever it reads always find room.
/// </summary>
public sealed record ConnectionLimits
{
    // Beyond these a limit guards the memory: a connection that is used has some 100 KB of buffers.
    const int MostOfGateway = 16_384,
        MostOfOthers = 2_048;

    /// <summary>Trainers and <c>coke</c>.</summary>
    public required PortLimits Gateway { get; init; }

    /// <summary>Other silos.</summary>
    public required PortLimits Silo { get; init; }

    /// <summary>The web pages. Whoever asks for nothing just now counts as pending, so that these are half.</summary>
    public required PortLimits Http { get; init; }

    /// <summary>The most that all ports may take of so many files: a quarter stays for everything else.</summary>
    public static int MostOf(int files) => files - (files / 4);

    /// <summary>A quarter of the files for the gateway, an eighth each for the other ports.</summary>
    /// <param name="files">How many this process may open, see <see cref="FileLimit"/>.</param>
    public static ConnectionLimits Of(int files)
    {
        var others = Math.Clamp(files / 8, PortLimits.Least, MostOfOthers);
        return new()
        {
            Gateway = PortLimits.Of(Math.Clamp(files / 4, PortLimits.Least, MostOfGateway)),
            Silo = PortLimits.Of(others),
            Http = PortLimits.Of(others, others / 2),
        };
    }
}
