namespace CoKe.Fuzzing.Inputs;

/// <summary>What came of many inputs.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Iterations">How many.</param>
/// <param name="Outcomes">The different things that came of them.</param>
/// <param name="MostBytes">Managed memory of the one that took most.</param>
/// <param name="Longest">Time of the one that took longest.</param>
/// <param name="Faults">What is wrong, one for each different outcome.</param>
sealed record Findings(
    string Target,
    long Iterations,
    IReadOnlyCollection<string> Outcomes,
    long MostBytes,
    TimeSpan Longest,
    IReadOnlyList<string> Faults
)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Target,-16} {Iterations,9:N0} inputs  {Outcomes.Count,4} outcomes  most memory {MostBytes / 1e6,7:0.0} MB  longest "
        + $"{Longest.TotalMilliseconds,7:0.0} ms  {(Faults.Count == 0 ? "nothing" : $"{Faults.Count} faults")}";
}

/// <summary>
/// Gives a reader its hostile inputs, then its seeds, then ever more changed ones. An input of which something new came is changed further.
/// </summary>
/// <param name="target">The reader.</param>
/// <param name="seed">Of all chance: the same gives the same inputs.</param>
sealed class Campaign(FuzzTarget target, int seed)
{
    const int MostKept = 256,
        MostFaults = 20,
        LongestKept = 1 << 14;

    /// <summary>Reads until it is enough.</summary>
    /// <param name="goesOn">Asked with the number of changed inputs so far.</param>
    public Findings Run(Func<long, bool> goesOn)
    {
        var (random, kept, outcomes, faults) = (
            new Random(seed),
            new List<byte[]>(target.Seeds),
            new HashSet<string>(),
            new Dictionary<string, string>()
        );
        var (mutator, iteration, mostBytes, longest) = (new Mutator(random), 0L, 0L, TimeSpan.Zero);
        using var last = new LastInput(target.Name);
        using var watchdog = new Watchdog(target.Name, last.Path);
        foreach (var input in target.Hostile.Concat(target.Seeds))
            Read(input, isChanged: false);
        for (var changed = 0L; goesOn(changed) && faults.Count < MostFaults; changed++)
        {
            var input = mutator.Next(kept);
            Read(target.Seal is { } seal && random.Next(4) > 0 ? seal(input) : input, isChanged: true);
        }

        return new(target.Name, iteration, outcomes, mostBytes, longest, [.. faults.Values]);

        void Read(byte[] input, bool isChanged)
        {
            last.Note(input);
            watchdog.Next();
            var verdict = Judge.Of(target, input);
            (mostBytes, longest) = (Math.Max(mostBytes, verdict.Bytes), verdict.Time > longest ? verdict.Time : longest);
            if (outcomes.Add(verdict.Outcome) && isChanged && kept.Count < MostKept && input.Length <= LongestKept)
                kept.Add(input);
            if (verdict.Fault is { } fault && !faults.ContainsKey(verdict.Outcome))
                faults.Add(
                    verdict.Outcome,
                    $"{target.Name}, seed {seed}, input {iteration}, kept in {LastInput.Keep(target.Name, seed, iteration, input)}: {fault}"
                );
            iteration++;
        }
    }
}
