using Orleans.Streams;

namespace CoKe.Streams;

/// <summary>
/// Which silo has which queue: the queue lives there, is read there, and whoever consumes its streams does well to live there too, so that
/// no message crosses between silos on its way. All compute it from the silos that they see, and nobody needs to be told. Views of the
/// cluster differ for a while: no result depends on it.
/// </summary>
/// <remarks>
/// Hashing alone is too uneven for a few queues: of 8 over 4 silos one silo has none in two cases of five. So every silo gets its even
/// share, and among the ways to do so each queue goes where its <see cref="Rendezvous"/> would have it as far as there is room: a silo that
/// comes or goes moves little else than its own share.
/// </remarks>
public sealed class QueueHomes
{
    readonly IStreamQueueMapper _mapper;
    readonly Dictionary<string, QueueId> _queues;

    /// <summary>The queues of a stream provider.</summary>
    /// <param name="provider">Its name.</param>
    /// <param name="options">How many queues it has.</param>
    public QueueHomes(string provider, QueueStreamOptions options)
    {
        _mapper = options.Mapper(provider);
        _queues = _mapper.GetAllQueues().ToDictionary(queue => IStreamQueueGrain.Key(queue, options.QueueCount));
    }

    /// <summary>The silo that has the queue of a stream; null: there is no silo.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="silos">The names of the silos that there are.</param>
    public string? Of(StreamId stream, IReadOnlyCollection<string> silos) =>
        Over(silos).GetValueOrDefault(_mapper.GetQueueForStream(stream));

    /// <summary>The silo that has the queue of this key; null: there is no silo, or nobody reads such a queue.</summary>
    internal string? Of(string key, IReadOnlyCollection<string> silos) =>
        _queues.TryGetValue(key, out var queue) ? Over(silos).GetValueOrDefault(queue) : null;

    /// <summary>The silo of every queue: floor(queues / silos) or one more for each.</summary>
    internal Dictionary<QueueId, string> Over(IReadOnlyCollection<string> silos)
    {
        var homes = new Dictionary<QueueId, string>();
        if (silos.Count == 0)
            return homes;
        var (share, left) = Math.DivRem(_queues.Count, silos.Count);
        var has = silos.ToDictionary(silo => silo, _ => 0);
        var heaviestFirst =
            from queue in _queues
            from silo in silos
            orderby Rendezvous.Weight(queue.Key, silo) descending, queue.Key, silo
            select (Queue: queue.Value, Silo: silo);
        foreach (var (queue, silo) in heaviestFirst)
        {
            if (homes.ContainsKey(queue) || has[silo] > share || (has[silo] == share && left == 0))
                continue;
            homes.Add(queue, silo);
            if (has[silo]++ == share)
                left--;
        }

        return homes;
    }
}
