using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client;

/// <summary>
/// Reads labels and frozen centers of one run by the commit that they belong to, again and again: what a caller who knows the commit asks
/// for goes straight to the grains. Safe for use by several threads.
/// </summary>
public sealed class RunReader
{
    readonly RunQuestions _runs;
    readonly ClusterReader _reader;

    internal RunReader(IGrainFactory grains, RunQuestions runs, RunStatus status)
    {
        (_runs, RunId, Specification) = (runs, status.RunId, status.Specification);
        _reader = new ClusterReader(grains, RunId, Clustering, status.Layout);
    }

    /// <summary>The run's unrepeatable id.</summary>
    public string RunId { get; }

    /// <summary>The run as it was created, without its initial centers.</summary>
    public RunSpecification Specification { get; }

    /// <summary>The run's options.</summary>
    public ClusteringOptions Clustering => Specification.Clustering;

    /// <summary>Labels of a committed epoch.</summary>
    /// <param name="imageIds">Any ids, in any order.</param>
    /// <param name="epoch">The epoch; null: whichever is the last.</param>
    /// <param name="commit">The incarnation that committed it, <see cref="EpochReport.CommittedIncarnation"/>; null: whichever did.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The labels, and the commit that they belong to.</returns>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    /// <exception cref="InvalidImageIdException">An unknown id.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">The epoch was committed by another incarnation.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<(EpochName Commit, EpochLabels Labels)> ReadLabelsAsync(
        ReadOnlyMemory<int> imageIds,
        int? epoch = null,
        int? commit = null,
        CancellationToken cancellation = default
    ) => ReadAsync(epoch, commit, (reader, name) => reader.ReadLabelsAsync(name, imageIds), cancellation);

    /// <summary>Frozen centers of one head of a committed epoch, K x d unit rows.</summary>
    /// <param name="head">The head, from 0.</param>
    /// <param name="epoch">As in <see cref="ReadLabelsAsync"/>.</param>
    /// <param name="commit">As in <see cref="ReadLabelsAsync"/>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The centers, and the commit that they belong to.</returns>
    /// <exception cref="UnknownPartException">There is no such head.</exception>
    /// <exception cref="UnknownRunException">The run was deleted.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or another one is the last.</exception>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">The epoch was committed by another incarnation.</exception>
    /// <exception cref="RunFaultedException">The run cannot be woken without a command.</exception>
    public Task<(EpochName Commit, float[] Centers)> ReadCentersAsync(
        int head,
        int? epoch = null,
        int? commit = null,
        CancellationToken cancellation = default
    ) =>
        head >= 0 && head < Clustering.Heads.Count
            ? ReadAsync(epoch, commit, (reader, name) => reader.ReadCentersAsync(name, head), cancellation)
            : throw new UnknownPartException("head", head, Clustering.Heads.Count);

    /// <summary>Which run it reads.</summary>
    public override string ToString() => $"reader of run {RunId}";

    async Task<(EpochName Commit, T Value)> ReadAsync<T>(
        int? epoch,
        int? commit,
        Func<ClusterReader, EpochName, Task<T>> read,
        CancellationToken cancellation
    )
    {
        if (epoch is { } known && commit is { } incarnation)
        {
            var name = new EpochName(known, incarnation);
            try
            {
                return (name, await read(_reader, name).WaitOrIgnoreAsync(cancellation));
            }
            catch (Exception e)
                when (!cancellation.IsCancellationRequested
                    && (PassingErrors.IsPassing(e) || e is StaleCallException or EpochNotReadableException)
                )
            {
                // A grain was lost, or the commit is none: the long way finds out which, and has the run look for what it lost.
            }
        }

        return await _runs.ReadAsync(
            RunId,
            new AskedEpoch(epoch, commit),
            async (reader, name) => (name, await read(reader, name)),
            cancellation
        );
    }
}
