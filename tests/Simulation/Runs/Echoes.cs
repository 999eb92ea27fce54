using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation.Runs;

/// <summary>
/// Brings messages of a rank again after a recovery (rule 6), as a stream does whose queue was handed over: whoever owns it now does not
/// know what was delivered. By then a message may be in the version that was restored.
/// </summary>
/// <param name="isOver">Nobody feeds the rank any more.</param>
sealed class Echoes(World world, Invariants invariants, SeededRandom random, Func<bool> isOver)
{
    const int MostKept = 3;

    static readonly TimeSpan Look = TimeSpan.FromSeconds(0.1);

    readonly Queue<(MiniBatch Message, int Incarnation)> _kept = [];
    bool _begun;

    /// <summary>The message was sent; it may come again.</summary>
    public void Keep(MiniBatch message)
    {
        if (_kept.Count == MostKept)
            _kept.Dequeue();
        _kept.Enqueue((message, invariants.Stored?.Incarnation ?? 0));
        if (_begun)
            return;
        _begun = true;
        world.AddClient("queue").Run(EchoAsync).Forget();
    }

    async Task EchoAsync()
    {
        while (!isOver())
        {
            await Task.Delay(Look, world.Time);
            if (_kept.Count == 0 || invariants.Stored is not { } stored || _kept.Peek().Incarnation >= stored.Incarnation)
                continue;
            // What comes while the run is still being restored has no effect, and a new owner needs a time too.
            await Task.Delay(TimeSpan.FromSeconds(random.NextUniform()), world.Time);
            while (_kept.TryDequeue(out var kept))
                CheckedSequencer.Post(world, kept.Message);
        }
    }
}
