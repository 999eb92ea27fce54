namespace CoKe.Grains.Observation;

/// <summary>
/// The runs that are counted on this silo, by name. Only so many have a tally of their own; what comes beyond is counted together, so that
/// no number of runs fills whatever collects.
/// </summary>
sealed class RunTallies
{
    /// <summary>Runs with a tally, and so a label, of their own.</summary>
    public const int Most = 64;

    /// <summary>The name of what is counted together, which no run can have.</summary>
    public const string Others = "(other)";

    readonly Lock _changing = new();
    readonly Dictionary<string, (RunTally Tally, int Users)> _own = [];
    readonly RunTally _others = new();
    bool _hasOthers;

    /// <summary>Every tally with its name.</summary>
    public IReadOnlyList<(string Run, RunTally Tally)> All
    {
        get
        {
            lock (_changing)
                return
                [
                    .. _own.Select(one => (one.Key, one.Value.Tally)),
                    .. _hasOthers ? [(Others, _others)] : Array.Empty<(string, RunTally)>(),
                ];
        }
    }

    /// <summary>A run begins to be counted. Two of one name, of which the first is leaving, are counted together.</summary>
    public RunTally Enter(string run)
    {
        lock (_changing)
        {
            if (_own.TryGetValue(run, out var known))
            {
                _own[run] = (known.Tally, known.Users + 1);
                return known.Tally;
            }

            if (_own.Count >= Most)
            {
                _hasOthers = true;
                return _others;
            }

            var tally = new RunTally();
            _own[run] = (tally, 1);
            return tally;
        }
    }

    /// <summary>A run has gone from here: its label goes with it.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="tally">What <see cref="Enter"/> gave.</param>
    public void Leave(string run, RunTally tally)
    {
        lock (_changing)
        {
            if (!_own.TryGetValue(run, out var known) || known.Tally != tally)
                return;
            if (known.Users > 1)
                _own[run] = (tally, known.Users - 1);
            else
                _own.Remove(run);
        }
    }

    /// <summary>Whether it counts several runs.</summary>
    public bool IsOfOthers(RunTally tally) => tally == _others;
}
