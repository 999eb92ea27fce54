using CoKe.Abstractions;
using CoKe.Errors;

namespace CoKe.Client;

/// <summary>How a trainer's session paces and repeats.</summary>
public sealed record SessionOptions
{
    /// <summary>
    /// Mini-batches kept until they are durable: from twice the silos' checkpoint interval and what is in flight, to
    /// <see cref="ISequencerGrain.ReorderCapacity"/>. A push waits only when the window is full. Null: as few as the silos need, and some.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>Messages under way at the same time, 1 to the window.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Without progress for this long, everything from the watermark on is sent again.</summary>
    public TimeSpan ResendAfter { get; init; } = ClientTimes.Resend;

    /// <summary>Without any answer from a silo for this long the session ends in an error; above zero.</summary>
    public TimeSpan GiveUpAfter { get; init; } = ClientTimes.SessionGivesUp;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidOptionsException">Names the field, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Window < 2)
            throw new InvalidOptionsException(
                "window",
                $"{Window}",
                $"Window {Window} is too small: a session needs room for 2 mini-batches or more."
            );
        if (Window > ISequencerGrain.ReorderCapacity)
            throw new InvalidOptionsException(
                "window",
                $"{Window}",
                $"Window {Window} is more than a sequencer files out of order: use at most {ISequencerGrain.ReorderCapacity}."
            );
        if (Concurrency < 1 || Concurrency > (Window ?? ISequencerGrain.ReorderCapacity))
            throw new InvalidOptionsException(
                "concurrency",
                $"{Concurrency}",
                $"Concurrency {Concurrency} is out of range: use 1 to the window of {Window ?? ISequencerGrain.ReorderCapacity}."
            );
        if (ResendAfter <= TimeSpan.Zero)
            throw new InvalidOptionsException(
                "resendAfter",
                $"{ResendAfter}",
                $"ResendAfter {ResendAfter} is out of range: use a time above zero."
            );
        if (GiveUpAfter <= TimeSpan.Zero)
            throw new InvalidOptionsException(
                "giveUpAfter",
                $"{GiveUpAfter}",
                $"GiveUpAfter {GiveUpAfter} is out of range: use a time above zero."
            );
    }

    /// <summary>Checks the ranges against what the run's silos need (rule 7): a smaller window could fill before anything in it becomes
    /// durable.</summary>
    internal void Validate(int leastWindow)
    {
        Validate();
        if (Window is { } window && window < leastWindow + Concurrency)
            throw new InvalidOptionsException(
                "window",
                $"{window}",
                $"Window {window} is too small: the silos checkpoint so that {leastWindow + Concurrency} mini-batches can be under way; "
                    + "use that many or more."
            );
    }

    internal int WindowOr(int leastWindow) =>
        Window ?? Math.Min(leastWindow + Concurrency + (leastWindow / 8), ISequencerGrain.ReorderCapacity);
}
