using System.Globalization;

namespace CoKe.Learning.Distributed;

/// <summary>A program that starts processes, and what it tells each of them in its environment: how many there are, and which one this
/// is.</summary>
/// <param name="Name">In words.</param>
/// <param name="Counts">Variables that may say how many; the first that is there counts.</param>
/// <param name="Rank">The variable that says which one.</param>
public sealed record Launcher(string Name, string[] Counts, string Rank)
{
    // Whoever started a process last is not known, so all are asked. SLURM counts a step's tasks where one was started by srun, and else
    // the tasks of the whole allocation.
    static readonly Launcher[] All =
    [
        new("Open MPI", ["OMPI_COMM_WORLD_SIZE"], "OMPI_COMM_WORLD_RANK"),
        new("a launcher of MPICH's kind (mpiexec of MPICH, MPI of Intel, srun --mpi=pmi2)", ["PMI_SIZE", "MPI_LOCALNRANKS"], "PMI_RANK"),
        new("MVAPICH", ["MV2_COMM_WORLD_SIZE"], "MV2_COMM_WORLD_RANK"),
        new("SLURM", ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"], "SLURM_PROCID"),
        new("a launcher of PyTorch's kind (torchrun, accelerate, deepspeed)", ["WORLD_SIZE", "LOCAL_WORLD_SIZE"], "RANK"),
        new("Horovod", ["HOROVOD_SIZE"], "HOROVOD_RANK"),
        new("jsrun", ["JSM_NAMESPACE_SIZE"], "JSM_NAMESPACE_RANK"),
        new("Flux", ["FLUX_JOB_SIZE"], "FLUX_TASK_RANK"),
    ];

    /// <summary>The launcher that says that this is one of several processes, with the variable that says so; null: none does.</summary>
    /// <param name="environment">Reads a variable.</param>
    public static (Launcher Launcher, string Variable, string Value)? OfSeveral(Func<string, string?> environment)
    {
        foreach (var launcher in All)
        {
            if (launcher.Counts.FirstOrDefault(name => !string.IsNullOrEmpty(environment(name))) is { } count)
            {
                if (NumberIn(environment(count)) != 1)
                    return (launcher, count, environment(count)!);
            }
            else if (environment(launcher.Rank) is { Length: > 0 } rank && NumberIn(rank) != 0)
                return (launcher, launcher.Rank, rank);
        }
        return null;
    }

    /// <summary>How many tasks SLURM started; null: it did not start this process.</summary>
    /// <param name="environment">Reads a variable.</param>
    public static int? SlurmTasks(Func<string, string?> environment) =>
        NumberIn(environment("SLURM_PROCID")) is null
            ? null
            : NumberIn(environment("SLURM_STEP_NUM_TASKS")) ?? NumberIn(environment("SLURM_NTASKS"));

    /// <summary>The whole number that a variable holds; null: none.</summary>
    public static int? NumberIn(string? value) => int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : null;
}
