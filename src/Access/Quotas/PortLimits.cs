namespace CoKe.Access.Quotas;

/// <summary>How many connections one port takes at once.</summary>
public sealed record PortLimits
{
    /// <summary>The least of <see cref="Connections"/>: fewer cannot be shared out.</summary>
    public const int Least = 4;

    /// <summary>All together, above <see cref="Pending"/>. Those that have proven who they are never take the room of the pending, nor
    /// these theirs.</summary>
    public required int Connections { get; init; }

    /// <summary>Those that have not proven yet who they are, or on the HTTP port ask for nothing just now; at least 1.</summary>
    public required int Pending { get; init; }

    /// <summary>All of one remote address, or of one /64 of IPv6; at least 1.</summary>
    public required int PerAddress { get; init; }

    /// <summary>How long a connection may say nothing before it is closed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the system keeps a connection that says nothing to itself, where it can (Linux does), before it becomes one of the pending;
    /// in whole seconds, about. Whoever calls a silo, over each of its ports, speaks first. Until then he costs the process nothing.
    /// </summary>
    public TimeSpan Deferral { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Those that have proven who they are.</summary>
    public int Proven => Connections - Pending;

    /// <summary>The pending of one remote address: another one always finds room beside it.</summary>
    public int PendingPerAddress => ThreeQuarters(Math.Min(Pending, PerAddress));

    /// <summary>The usual shares of a port.</summary>
    /// <param name="connections">All together, at least <see cref="Least"/>.</param>
    /// <param name="pending">null: a quarter.</param>
    /// <param name="perAddress">null: three quarters, since all who call over loopback, or from behind one router, have one
    /// address.</param>
    public static PortLimits Of(int connections, int? pending = null, int? perAddress = null) =>
        new()
        {
            Connections = connections,
            Pending = pending ?? connections / 4,
            PerAddress = perAddress ?? ThreeQuarters(connections),
        };

    static int ThreeQuarters(int count) => Math.Max(1, count * 3 / 4);
}
