using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>
/// How an activation of the sequencer becomes the one that rules (docs/protocol.md, rule 2): it swaps a higher incarnation into the
/// manifest. An incarnation that was only read is never adopted: it may be another's, or an own write that could still be undone by nobody
/// knows what. Whoever finds that another took over since gives way.
/// </summary>
sealed class TakeOver(ActorWorld world, string runId, string owner)
{
    int _highestTried;

    /// <summary>Swaps in the next incarnation; a conflict or an unknown outcome is for the caller to repeat, from the read on.</summary>
    /// <param name="description">The run.</param>
    /// <param name="toBoundary">Also roll back to the last boundary.</param>
    /// <param name="silos">Where the incarnation may have its grains.</param>
    /// <exception cref="SupersededException">Another activation rules.</exception>
    /// <exception cref="RunFaultedException">The run has been live, but has no manifest.</exception>
    public async Task<(ManifestRow Row, Manifest Manifest)> SwapAsync(
        RunDescription description,
        bool toBoundary,
        IReadOnlyCollection<string> silos
    )
    {
        var row = new ManifestRow(world, runId);
        var read = await row.ReadAsync();
        if (read is null)
        {
            if (description.Started)
                throw new RunFaultedException(
                    description.Specification.Name,
                    "its manifest is missing; put the database back from a backup, or delete the run."
                );
            read = Manifest.Initial(description.Specification.Clustering, description.Layout, description.Specification.Trainers);
        }

        if (_highestTried > 0 && read.Owner != owner && read.Incarnation >= _highestTried)
            throw new SupersededException();
        var order = world.Silos.Order(runId, silos);
        var placement = RunPlacement.Plan(read.Placement, order, description.Specification.Clustering, description.Layout);
        var next = read.TakenOver(owner, description.Generations, toBoundary, placement);
        _highestTried = next.Incarnation;
        await row.WriteAsync(next);
        return (row, next);
    }
}

/// <summary>Another activation of this sequencer took over; this one deactivates.</summary>
sealed class SupersededException() : Exception("Another activation of this sequencer took over.");
