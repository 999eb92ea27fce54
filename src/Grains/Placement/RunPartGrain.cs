using CoKe.Abstractions;

namespace CoKe.Grains.Placement;

/// <summary>A grain of a run whose key begins with the run's id; its silo knows that the run lives there too.</summary>
abstract class RunPartGrain(LocalRuns local) : Grain, IIncomingGrainCallFilter
{
    string? _runId;

    /// <summary>Nothing of a run is or comes here: this activation was made by a question alone.</summary>
    protected abstract bool HoldsNothing { get; }

    string Kind => this.GetGrainId().Type.ToString()!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _runId = Keys.RunId(this.GetPrimaryKeyString());
        local.Enter(_runId);
        local.Count(Kind, 1);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_runId is not null)
        {
            local.Leave(_runId);
            local.Count(Kind, -1);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whoever asks for parts that no run has must not fill the memory with them: they leave as soon as they have
    /// refused.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var call = context.Invoke();
        return call.IsCompletedSuccessfully ? call : LeavingWhenRefused(call);
    }

    /// <inheritdoc cref="Moving.LeaveFor"/>
    protected void LeaveFor(string? home) => GrainContext.LeaveFor(home);

    async Task LeavingWhenRefused(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e)
            when (e is StaleCallException or EpochNotReadableException or UnknownPartException or UnknownRunException && HoldsNothing)
        {
            DeactivateOnIdle();
            throw;
        }
    }
}
