namespace CoKe.Grains.Hosting;

/// <summary>A grain of a run whose key begins with the run's id; its silo knows that the run lives there too.</summary>
internal abstract class RunPartGrain(LocalRuns local) : Grain
{
    string? _runId;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var end = key.IndexOf('/', key.LastIndexOf('~')); // a run's name may have both, what makes its id unrepeatable has neither
        _runId = end < 0 ? key : key[..end];
        local.Enter(_runId);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_runId is not null) local.Leave(_runId);
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="Moving.LeaveFor"/>
    protected void LeaveFor(string? home) => GrainContext.LeaveFor(home);
}
