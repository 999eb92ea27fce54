using System.CommandLine;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;

namespace CoKe.Trainer.Commands;

/// <summary>Which of several trainers a process is: as mpirun says. The options --rank and --world only make sure of it, or tell it where
/// another launcher says less.</summary>
public sealed class TrainerPlace
{
    const string Start = "start the trainers by 'mpirun -n W'";

    readonly Option<int?> _rank = new("--rank")
    {
        Description = "Which of several trainers this is, from 0. Default: as mpirun says.",
        HelpName = "R",
    };
    readonly Option<int?> _world = new("--world")
    {
        Description = "How many trainers share the model. Default: as many as mpirun started, or 1.",
        HelpName = "W",
    };

    public IEnumerable<Option> All => [_rank, _world];

    /// <summary>The place of this process; null: there is one trainer.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <exception cref="InvalidOptionsException">No such trainer was started.</exception>
    public RankPart? Read(ParseResult line, Func<string, string?> environment) =>
        Of(line.GetValue(_rank), line.GetValue(_world), environment);

    /// <summary>The same of given values.</summary>
    public static RankPart? Of(int? rank, int? world, Func<string, string?> environment)
    {
        int? Variable(string name) => Launcher.NumberIn(environment(name));
        // Open MPI's own, and the one that every launcher sets which speaks PMIx, such as srun; that one does not tell how many there are,
        // but SLURM does.
        var (startedRank, startedWorld) = (Variable("OMPI_COMM_WORLD_RANK"), Variable("OMPI_COMM_WORLD_SIZE"));
        if (startedRank is null && Variable("PMIX_RANK") is { } ofPmix)
            (startedRank, startedWorld) = (ofPmix, world is null ? Launcher.SlurmTasks(environment) : null);
        if (world < 1)
            throw new InvalidOptionsException(
                "world",
                $"{world}",
                $"--world {world} is out of range: give as many as the launcher starts, or leave it out."
            );
        // Each would believe to be alone, and all would work in one folder.
        if (startedRank is null && world != 1 && Launcher.OfSeveral(environment) is { } several)
            throw new InvalidOptionsException(
                "world",
                several.Value,
                $"{several.Variable}={several.Value} says that {several.Launcher.Name} started several processes, "
                    + $"and trainers find each other through Open MPI alone: {Start} of Open MPI, "
                    + "or give --world 1 where this process is alone, or has a run and a folder (--out) of its own."
            );
        if (startedWorld is null && world == 1)
            startedRank = null; // each of them has a run of its own, as srun starts many programs
        if (startedRank is null && (world is not (null or 1) || rank is not (null or 0)))
            throw world is null or 1
                ? new InvalidOptionsException(
                    "rank",
                    $"{rank}",
                    $"--rank {rank} is of a trainer among several, and this one was started alone: {Start}, or leave --rank out."
                )
                : new InvalidOptionsException(
                    "world",
                    $"{world}",
                    $"--world {world} asks for several trainers, and this one was started alone: {Start}, or leave --world out."
                );
        if (startedWorld is { } started && world is { } asked && asked != started)
            throw new InvalidOptionsException(
                "world",
                $"{asked}",
                $"--world {asked} contradicts mpirun, which started {started} trainers: leave it out, "
                    + $"or start the trainers by 'mpirun -n {asked}'."
            );
        if (startedRank is { } own && rank is { } other && own != other)
            throw new InvalidOptionsException(
                "rank",
                $"{other}",
                $"--rank {other} contradicts mpirun, for which this is trainer {own}: leave it out."
            );
        if (startedRank is not null && (startedWorld ?? world) is null)
            throw new InvalidOptionsException("world", "none", "The launcher does not say how many trainers it started: give --world W.");
        var place = new RankPart(rank ?? startedRank ?? 0, world ?? startedWorld ?? 1);
        return place.World == 1 ? null : place;
    }
}
