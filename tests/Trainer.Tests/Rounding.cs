using CoKe.Trainer.Training;

namespace CoKe.Trainer.Tests;

/// <summary>
/// Bounds on how far two calculations of the same may be apart were found with oneDNN, and so were the numbers of peers. Where libtorch goes
/// without (<see cref="Libtorch"/>), convolutions add in another order, and training amplifies what that rounds otherwise.
/// </summary>
static class Rounding
{
    /// <summary>The bound on this processor.</summary>
    public static double Bound(double bound, double withoutOneDnn = 4) => Libtorch.UsesOneDnn ? bound : withoutOneDnn * bound;
}
