using CoKe.Errors;

namespace CoKe.Client.Gateways;

/// <summary>How long a connection to the silos waits for gateways. A test holds these times together with each other, and with those of
/// the calls that go over it.</summary>
static class GatewayTimes
{
    /// <summary>How often it is looked up where the gateways are and what the silos offer.</summary>
    public static TimeSpan Refresh { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a lost gateway is left alone while another one lives; when none does, all are tried at once.</summary>
    public static TimeSpan LeftAlone { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Of connecting. The client of Orleans tries for minutes by itself; a person wants to know sooner.</summary>
    public static TimeSpan Connect { get; } = TimeSpan.FromSeconds(8);

    /// <summary>Between two knocks at gateways where nobody listens yet.</summary>
    public static TimeSpan Knock { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A connection that is ended sooner was refused; later it is the client that ends it, see <see cref="Silence"/>.</summary>
    public static TimeSpan AtOnce { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two questions that have something to answer, so that only a silo that stands still is silent.</summary>
    public static TimeSpan Pulse { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Of a gateway that owes an answer. A silo that is only busy answers within a second; when it was cut all the same, what was
    /// asked is asked again.</summary>
    public static TimeSpan Silence { get; } = TimeSpan.FromSeconds(6);

    /// <summary>Between two looks at the silence.</summary>
    public static TimeSpan SilenceLook { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a call that nobody has taken is repeated: until the cluster agrees that a silo is dead, and below the 30 s after
    /// which it counts as lost.</summary>
    public static TimeSpan Unsent { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Of that; the patience bounds it.</summary>
    public static Retry UnsentCall { get; } = Retry.WithPauses(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
}
