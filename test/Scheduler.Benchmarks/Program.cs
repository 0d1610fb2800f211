using Scheduler.Benchmarks;

return args switch
{
    ["node-ours", ..] => await OurNode.Run(Options.Parse(args[1..])),
    ["node-vanilla", ..] => await VanillaNode.Run(Options.Parse(args[1..])),
    ["fires", ..] => await FiresBenchmark.Run(Options.Parse(args[1..])),
    ["idle", ..] => await IdleBenchmark.Run(Options.Parse(args[1..])),
    _ => Options.Usage(),
};
