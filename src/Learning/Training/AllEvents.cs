namespace CoKe.Learning.Training;

/// <summary>Tells several, in their order.</summary>
sealed class AllEvents(params TrainingEvents[] all) : TrainingEvents
{
    public override void Stepped(int done, int total) => Tell(events => events.Stepped(done, total));

    public override void Saved(int epoch) => Tell(events => events.Saved(epoch));

    public override void Committed(int epoch) => Tell(events => events.Committed(epoch));

    public override void Ended(EpochRecord epoch) => Tell(events => events.Ended(epoch));

    public override void Returned(int epoch, int done, IReadOnlyList<EpochRecord> history) =>
        Tell(events => events.Returned(epoch, done, history));

    void Tell(Action<TrainingEvents> what)
    {
        foreach (var events in all)
            what(events);
    }
}
