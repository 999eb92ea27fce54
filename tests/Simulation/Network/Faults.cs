namespace CoKe.Simulation;

/// <summary>What the network does to each message: probabilities from 0 to 1, and times.</summary>
public sealed record Faults
{
    /// <summary>Nothing is lost; delays are short and equal for all, so that order holds.</summary>
    public static Faults Calm { get; } = new() { MeanDelay = TimeSpan.Zero };

    /// <summary>What a bad day brings: a few percent of everything.</summary>
    public static Faults Rough { get; } =
        new()
        {
            LoseRequest = 0.02,
            LoseReply = 0.02,
            Duplicate = 0.02,
            LongDelay = 0.01,
            StaleRoute = 0.3,
            AffectLocal = true,
        };

    /// <summary>A request vanishes; the caller times out.</summary>
    public double LoseRequest { get; init; }

    /// <summary>A reply vanishes: the work was done, the caller times out.</summary>
    public double LoseReply { get; init; }

    /// <summary>A request is turned away, for its connection broke: nothing was done, and its caller hears of it at once.</summary>
    public double TurnAway { get; init; }

    /// <summary>A request comes again after up to <see cref="LongestResending"/>, because the reply to the first one was
    /// lost.</summary>
    public double Resend { get; init; }

    /// <summary>The connection that broke, so that a request was turned away, was also that of the reply which tells of it: that is lost,
    /// and the request to which it is the reply comes again.</summary>
    public double TakeReply { get; init; }

    /// <summary>After what time a request comes again at the latest.</summary>
    public TimeSpan LongestResending { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A request arrives twice.</summary>
    public double Duplicate { get; init; }

    /// <summary>The smallest delay between processes.</summary>
    public TimeSpan LeastDelay { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>The mean of the exponential delay on top; above zero, messages overtake each other.</summary>
    public TimeSpan MeanDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>A message takes a uniform time up to <see cref="LongestDelay"/> instead, and so may arrive after its caller gave
    /// up.</summary>
    public double LongDelay { get; init; }

    /// <summary>The longest of the long delays.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Delay inside one process.</summary>
    public TimeSpan LocalDelay { get; init; } = TimeSpan.FromMicroseconds(5);

    /// <summary>Whether loss, duplicates and random delays strike inside one process too.</summary>
    public bool AffectLocal { get; init; }

    /// <summary>A message goes to a forgotten but running activation of its grain, if there is one.</summary>
    public double StaleRoute { get; init; }

    /// <summary>As <see cref="StaleRoute"/>, where the forgotten activation lives on the sender's own silo.</summary>
    public double StaleNeighbor { get; init; } = 0.9;

    /// <summary>A message that goes to the activation that the directory names reaches a forgotten one too: it was sent to where its
    /// sender remembered it, and again to where it was told.</summary>
    public double StaleToo { get; init; }

    /// <summary>The mean time until the cluster finds a silo dead; drawn uniformly from half to three halves of it.</summary>
    public TimeSpan Detection { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A call to a silo found dead gets no error and times out.</summary>
    public double SilentDeath { get; init; } = 0.3;
}
