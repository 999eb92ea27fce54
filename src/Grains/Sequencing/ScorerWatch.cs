using System.Globalization;
using CoKe.Abstractions;
using CoKe.Grains.Heads;

namespace CoKe.Grains.Sequencing;

/// <summary>Sees which place keeps a run waiting. Every step waits for the slowest, so that one silo that crawls slows all.</summary>
/// <param name="places">The places, and how long each takes.</param>
sealed class ScorerWatch(IReadOnlyList<WatchedPlace> places)
{
    const int LeastSteps = 32;
    const double CrawlsBeyond = 3; // times what the others take

    // Below this nobody notices, and above it even a scheduler that was busy for a while is none.
    static readonly TimeSpan _noticeable = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan _silent = TimeSpan.FromSeconds(5);

    /// <summary>What each place takes, in order.</summary>
    public IReadOnlyList<ScorerStatus> Status =>
        [
            .. places.Select(one => new ScorerStatus(
                one.Number,
                one.Silo,
                one.Times.Score.TotalMilliseconds,
                one.Times.Apply.TotalMilliseconds,
                one.Times.WaitedFor.TotalMilliseconds,
                one.Times.Silence.TotalSeconds
            )),
        ];

    /// <summary>What is wrong with a place, and what to do; null: nothing is.</summary>
    public string? Trouble
    {
        get
        {
            if (places.FirstOrDefault(one => one.Times.Silence > _silent) is { } silent)
                return $"{NameOf(silent)} has not answered for {silent.Times.Silence.TotalSeconds:f0} s: see that it runs; "
                    + "the run recovers without it when the cluster holds it for dead.";
            if (places.Count < 2 || places.Any(one => one.Times.Steps < LeastSteps))
                return null;
            var slowest = places.MaxBy(one => one.Times.WaitedFor)!;
            var others = places.Where(one => one != slowest).Max(one => Whole(one.Times));
            return slowest.Times.WaitedFor >= _noticeable && Whole(slowest.Times) > CrawlsBeyond * others
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{NameOf(slowest)} crawls: its part of a step takes {Whole(slowest.Times).TotalMilliseconds:f0} ms, that of the "
                        + $"others {others.TotalMilliseconds:f0} ms; see what else runs there, or stop it, and the run goes on without it."
                )
                : null;
        }
    }

    static TimeSpan Whole(PlaceTimes times) => times.Score + times.Apply;

    static string NameOf(WatchedPlace place) => place.Silo is { } silo ? $"Silo {silo}" : "The silo";
}

/// <summary>A place, and how long it takes.</summary>
/// <param name="Number">Its place in the run.</param>
/// <param name="Silo">Where it is; null: nobody cares.</param>
/// <param name="Times">How long it takes.</param>
sealed record WatchedPlace(int Number, string? Silo, PlaceTimes Times);
