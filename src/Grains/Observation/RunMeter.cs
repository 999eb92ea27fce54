using CoKe.Abstractions;

namespace CoKe.Grains.Observation;

/// <summary>
/// What one sequencer says of its run. It counts for nobody until <see cref="Enter"/>, so that a sequencer that was made by a question
/// about a run that does not exist leaves no trace. No result depends on it.
/// </summary>
/// <param name="silo">What is measured on this silo.</param>
/// <param name="run">The run's name.</param>
sealed class RunMeter(SiloMeter silo, string run)
{
    RunTally _tally = new();
    bool _isEntered;

    /// <summary>The run is here. Repeated, it changes nothing.</summary>
    public void Enter()
    {
        if (_isEntered)
            return;
        (_tally, _isEntered) = (silo.Runs.Enter(run), true);
    }

    /// <summary>The run is not here any more.</summary>
    public void Leave()
    {
        if (!_isEntered)
            return;
        silo.Runs.Leave(run, _tally);
        (_tally, _isEntered) = (new RunTally(), false);
    }

    public void Add(RunCount what, long more = 1) => _tally.Add(what, more);

    /// <summary>Messages were refused.</summary>
    public void Refuse(RefusalKind why, long more) => _tally.Add(why, more);

    /// <summary>A part of a step is over.</summary>
    public void Took(Phase phase, TimeSpan time)
    {
        _tally.Add(phase, time);
        silo.Took(phase, time);
    }

    /// <summary>A step is over.</summary>
    /// <param name="batches">Mini-batches that it was made of.</param>
    /// <param name="rows">Rows of these.</param>
    /// <param name="time">From its begin.</param>
    public void EndStep(int batches, int rows, TimeSpan time)
    {
        _tally.Add(RunCount.Steps, 1);
        _tally.Add(RunCount.Batches, batches);
        _tally.Add(RunCount.Rows, rows);
        _tally.AddStep(time);
        silo.TookStep(time);
    }

    /// <summary>Something longer than a step is over, and succeeded.</summary>
    /// <param name="what">A checkpoint, a boundary or a recovery.</param>
    /// <param name="time">From its begin.</param>
    public void End(RunCount what, TimeSpan time)
    {
        _tally.Add(what, 1);
        silo.Took(what, time);
    }

    /// <summary>A trainer tells of itself.</summary>
    /// <param name="rank">Its rank.</param>
    /// <param name="loss">Of its last step; null: not told.</param>
    /// <param name="imagesPerSecond">That it hands over; null: not told.</param>
    public void Hear(int rank, double? loss, double? imagesPerSecond)
    {
        if (_isEntered && rank is >= 0 and < SiloMeter.MostRanks && !silo.Runs.IsOfOthers(_tally))
            _tally.Hear(rank, new RunTally.TrainerFigures(loss, imagesPerSecond));
    }

    /// <summary>What the run is now; null: it is not live.</summary>
    public void Tell(RunTally.RunState? now)
    {
        if (_isEntered && !silo.Runs.IsOfOthers(_tally))
            _tally.State = now;
    }
}
