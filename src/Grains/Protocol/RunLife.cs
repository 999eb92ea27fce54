namespace CoKe.Grains.Protocol;

/// <summary>
/// The state of a run at one activation of its sequencer, and what follows from an event: the drawing in docs/protocol.md. Pure: it waits
/// for nothing and calls nobody, so that a test can try every event in every state. An event that a state has no use for changes nothing.
/// </summary>
abstract record RunLife
{
    /// <summary>Failures in a row, since something was last stored.</summary>
    public int Failures { get; init; }

    /// <summary>This activation gives the run up.</summary>
    public bool IsEnding => this is Departing or Left or Deleted;

    /// <summary>The state after an event, and what has to be done for it, in order.</summary>
    public Transition On(LifeEvent happened)
    {
        var failures = happened switch
        {
            LifeEvent.Failed when this is Recovering or Live => Failures + 1,
            LifeEvent.Settled => 0,
            _ => Failures,
        };
        var after = After(happened);
        return after with { Life = after.Life with { Failures = failures } };
    }

    /// <summary>What an event does in this state; those that end every state are in <see cref="Ended"/>.</summary>
    protected virtual Transition After(LifeEvent happened) => Ended(happened);

    /// <summary>The run is deleted, or the activation ends.</summary>
    protected Transition Ended(LifeEvent happened) =>
        happened switch
        {
            LifeEvent.Deleting => new(new Deleted(), new LifeEffect.Close()),
            LifeEvent.Leaving => new(new Left(), new LifeEffect.Close()),
            LifeEvent.Vacating => LeaveFor(null),
            _ => new(this),
        };

    static Transition LeaveFor(string? successorAt) => new(new Left(), new LifeEffect.Close(), new LifeEffect.Leave(successorAt));

    static Transition Recover(bool toBoundary) => new(new Recovering(toBoundary), new LifeEffect.BeginRecovery());

    static Transition RecoverAnew(bool toBoundary) =>
        new(new Recovering(toBoundary), new LifeEffect.EndLiveRun(), new LifeEffect.BeginRecovery());

    /// <summary>Nobody has needed the run since this activation was made.</summary>
    public sealed record Asleep : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened switch
            {
                LifeEvent.Needed => Recover(toBoundary: false),
                LifeEvent.RestoreAsked => Recover(toBoundary: true),
                _ => Ended(happened),
            };
    }

    /// <summary>Recovery is tried until it succeeds.</summary>
    /// <param name="ToBoundary">A command to go back to the last boundary is not in the manifest yet.</param>
    public sealed record Recovering(bool ToBoundary) : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened switch
            {
                LifeEvent.Swapped { ToBoundary: true } => new(this with { ToBoundary = false }),
                LifeEvent.Restored when !ToBoundary => new(new Live()),
                LifeEvent.Superseded => LeaveFor(null),
                LifeEvent.Unknown => new(new Deleted(), new LifeEffect.Close(), new LifeEffect.Leave(null)),
                // A command came meanwhile, to go back behind what is damaged: that is tried before the run counts as beyond repair.
                LifeEvent.Damaged { EvenAtBoundary: false } when ToBoundary => new(this),
                LifeEvent.Damaged damaged => new(new Faulted(damaged.Reason)),
                LifeEvent.RestoreAsked => new(this with { ToBoundary = true }),
                _ => Ended(happened),
            };
    }

    /// <summary>An incarnation takes and processes what comes.</summary>
    public sealed record Live : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened switch
            {
                LifeEvent.Failed or LifeEvent.Moved { SuccessorAt: null } => RecoverAnew(toBoundary: false),
                LifeEvent.RestoreAsked => RecoverAnew(toBoundary: true),
                LifeEvent.Moved moved => LeaveFor(moved.SuccessorAt),
                LifeEvent.Superseded => LeaveFor(null),
                LifeEvent.Vacating => new(new Departing()),
                _ => Ended(happened),
            };
    }

    /// <summary>The silo leaves: the live run comes to rest, and whoever is asked next takes over from what is durable then.</summary>
    public sealed record Departing : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened switch
            {
                LifeEvent.Moved moved => LeaveFor(moved.SuccessorAt),
                LifeEvent.Rested or LifeEvent.Failed or LifeEvent.Superseded or LifeEvent.RestoreAsked => LeaveFor(null),
                LifeEvent.Vacating => new(this),
                _ => Ended(happened),
            };
    }

    /// <summary>The run cannot go on without a command.</summary>
    /// <param name="Reason">What keeps it from going on.</param>
    public sealed record Faulted(string Reason) : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened is LifeEvent.RestoreAsked ? Recover(toBoundary: true) : Ended(happened);
    }

    /// <summary>The activation has ended; another may have the run.</summary>
    public sealed record Left : RunLife
    {
        // What was under way may still find out that there is no run.
        protected override Transition After(LifeEvent happened) =>
            happened is LifeEvent.Unknown or LifeEvent.Deleting ? new(new Deleted()) : new(this);
    }

    /// <summary>There is no such run any more.</summary>
    public sealed record Deleted : RunLife
    {
        protected override Transition After(LifeEvent happened) =>
            happened is LifeEvent.Vacating ? new(this, new LifeEffect.Leave(null)) : new(this);
    }
}

/// <summary>What follows from an event.</summary>
/// <param name="Life">The state from now on.</param>
/// <param name="Effects">What to do, in order.</param>
sealed record Transition(RunLife Life, params IReadOnlyList<LifeEffect> Effects);

/// <summary>What happens to a run.</summary>
abstract record LifeEvent
{
    /// <summary>Somebody needs it to be live.</summary>
    public sealed record Needed : LifeEvent;

    /// <summary>A recovery swapped in the next incarnation.</summary>
    /// <param name="ToBoundary">Taken back to the last boundary by a command.</param>
    public sealed record Swapped(bool ToBoundary) : LifeEvent;

    /// <summary>A recovery restored all parts.</summary>
    public sealed record Restored : LifeEvent;

    /// <summary>The live run, or an attempt to recover, failed by what may pass.</summary>
    public sealed record Failed : LifeEvent;

    /// <summary>Another activation rules.</summary>
    public sealed record Superseded : LifeEvent;

    /// <summary>A recovery found that there is no such run.</summary>
    public sealed record Unknown : LifeEvent;

    /// <summary>A recovery found what no repetition mends.</summary>
    /// <param name="Reason">One sentence.</param>
    /// <param name="EvenAtBoundary">To go back to the last boundary would not help.</param>
    public sealed record Damaged(string Reason, bool EvenAtBoundary) : LifeEvent;

    /// <summary>A command to go back to the last boundary.</summary>
    public sealed record RestoreAsked : LifeEvent;

    /// <summary>What was processed is durable.</summary>
    public sealed record Settled : LifeEvent;

    /// <summary>The live run rests, to go on over other silos (rule 10).</summary>
    /// <param name="SuccessorAt">The silo where its sequencer is wanted; null: here.</param>
    public sealed record Moved(string? SuccessorAt) : LifeEvent;

    /// <summary>The silo of this activation leaves.</summary>
    public sealed record Vacating : LifeEvent;

    /// <summary>What was live on a silo that leaves has come to rest.</summary>
    public sealed record Rested : LifeEvent;

    /// <summary>The run is being deleted.</summary>
    public sealed record Deleting : LifeEvent;

    /// <summary>The activation ends, perhaps with its silo.</summary>
    public sealed record Leaving : LifeEvent;
}

/// <summary>What has to be done when the state changes.</summary>
abstract record LifeEffect
{
    /// <summary>Nothing of the live run has an effect any more.</summary>
    public sealed record EndLiveRun : LifeEffect;

    /// <summary>Recovers until it succeeds, or the run is in another state.</summary>
    public sealed record BeginRecovery : LifeEffect;

    /// <summary>Ends the live run and whatever else this activation does for the run.</summary>
    public sealed record Close : LifeEffect;

    /// <summary>The activation leaves memory.</summary>
    /// <param name="SuccessorAt">The silo where its successor is made; null: where it is needed.</param>
    public sealed record Leave(string? SuccessorAt) : LifeEffect;
}
