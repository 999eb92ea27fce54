using CoKe.Errors;
using CoKe.Learning.Distributed;

namespace CoKe.Trainer.Runs;

/// <summary>What the first of several trainers has to do with the others: it tells them what to do once, or that there is nothing to
/// do.</summary>
sealed class RunLeader(TrainerJob job)
{
    bool _told;

    /// <summary>All trainers.</summary>
    public TrainerJob Job => job;

    /// <summary>What ended training here, known before the command has come to its end; null: nothing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Tells the others to begin.</summary>
    public void Tell(RunOrder order)
    {
        _told = true;
        job.Broadcast(order.ToJson());
    }

    /// <summary>Refuses trainers on other machines, if the silo is in this process and therefore hears this machine alone.</summary>
    /// <exception cref="InvalidOptionsException">There are such trainers.</exception>
    public void CheckReach(bool silosRunElsewhere)
    {
        if (!silosRunElsewhere && !job.IsOnOneMachine)
            throw new InvalidOptionsException(
                "gateway",
                "none",
                "Trainers on several machines cannot reach a silo inside the first of them: start silos, and name one by --gateway."
            );
    }

    /// <summary>Ends the command of this trainer: others that still wait for an order are sent home, and others that train end with it if
    /// it failed.</summary>
    /// <param name="code">The exit code.</param>
    public void End(int code)
    {
        if (!_told)
            job.Broadcast([(byte)code]);
        else if (code != 0)
            job.Abort(code);
        job.Dispose();
    }
}
