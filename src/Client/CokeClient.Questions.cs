using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Client;

/// <summary>Questions about the past of a run, the surroundings of a cluster, and one image. None makes a step wait.</summary>
public sealed partial class CokeClient
{
    /// <summary>Nearest clusters that one question may ask for.</summary>
    public const int MostNearest = 1_000;

    /// <summary>The reports of committed epochs that follow each other.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="first">The first epoch, from 0.</param>
    /// <param name="count">How many at most, 1 to <see cref="ISequencerGrain.MostReports"/>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>Fewer where fewer are committed; none from the first that is not.</returns>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="InvalidOptionsException">One of the two numbers is out of range.</exception>
    public async Task<IReadOnlyList<EpochReport>> GetEpochReportsAsync(
        string run,
        int first = 0,
        int count = ISequencerGrain.MostReports,
        CancellationToken cancellation = default
    )
    {
        var sequencer = _client.GetGrain<ISequencerGrain>(await _runs.GetRunIdAsync(run, cancellation));
        return await _patient.AskAsync(ClientTimes.Soon, () => sequencer.GetEpochReportsAsync(first, count), cancellation);
    }

    /// <summary>Those clusters of a head whose frozen centers are the most similar to that of one of them, in the last committed epoch. A
    /// run that sleeps is woken.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="head">The head, from 0.</param>
    /// <param name="cluster">The one, 0 to K - 1; it is not among them.</param>
    /// <param name="count">How many at most, 1 to <see cref="MostNearest"/>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The most similar first; of equal ones the lowest cluster.</returns>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="UnknownPartException">There is no such head or cluster.</exception>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet.</exception>
    /// <exception cref="InvalidOptionsException">The count is out of range.</exception>
    public async Task<IReadOnlyList<NearCluster>> GetNearestClustersAsync(
        string run,
        int head,
        int cluster,
        int count = 8,
        CancellationToken cancellation = default
    )
    {
        if (count is < 1 or > MostNearest)
            throw new InvalidOptionsException("count", $"{count}", $"count is {count}: ask for 1 to {MostNearest} nearest clusters.");
        var K = CheckHead(await GetStatusAsync(run, cancellation), head);
        if (cluster < 0 || cluster >= K)
            throw new UnknownPartException("cluster", cluster, K);
        return await _runs.ReadAsync(
            run,
            new AskedEpoch(null),
            (reader, name) => reader.ReadNearestAsync(name, head, cluster, count),
            cancellation
        );
    }

    /// <summary>What a run knows of one image: its labels in the last committed epoch, and in the open one where it has come. A run that
    /// sleeps is woken.</summary>
    /// <param name="run">The run's name or id.</param>
    /// <param name="imageId">The image, 0 to N - 1.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="UnknownRunException">There is no such run.</exception>
    /// <exception cref="InvalidImageIdException">The run has no such image.</exception>
    public async Task<ImageStatus> GetImageAsync(string run, int imageId, CancellationToken cancellation = default)
    {
        var status = await GetStatusAsync(run, cancellation);
        var reader = new ClusterReader(_client, status.RunId, status.Specification.Clustering, status.Layout);
        ImageIdCheck.Known(imageId, status.Specification.Clustering.ImageCount);
        return await _runs.AskAsync(status, now => reader.ReadImageAsync(now.Incarnation, imageId), cancellation);
    }
}
